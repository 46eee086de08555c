using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// Evicts a pod, as a POST to its <c>eviction</c> does: its disruption budget may refuse. A pod that is gone already counts as
/// evicted.
/// </summary>
/// <param name="Key">The pod.</param>
/// <param name="Uid">Its observed uid.</param>
/// <param name="GracePeriodSeconds">The grace period; null for the pod's own.</param>
public sealed record EvictPod(ObjectKey Key, string Uid, long? GracePeriodSeconds = null) : ObjectAction(WellKnownResources.Pods)
{
    /// <inheritdoc/>
    public override ObjectKey Key { get; } = Key;

    /// <inheritdoc/>
    public override string Verb => "create";

    /// <inheritdoc/>
    public override string Subresource => "eviction";

    /// <inheritdoc/>
    public override Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => writer.EvictAsync(Key, Uid, GracePeriodSeconds);
}
