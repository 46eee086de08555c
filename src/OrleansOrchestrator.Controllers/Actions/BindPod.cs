using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>Binds a pod to a node, as a POST to its <c>binding</c> does.</summary>
/// <param name="Key">The pod.</param>
/// <param name="Uid">Its observed uid.</param>
/// <param name="NodeName">The node.</param>
public sealed record BindPod(ObjectKey Key, string Uid, string NodeName) : ObjectAction(WellKnownResources.Pods)
{
    /// <inheritdoc/>
    public override ObjectKey Key { get; } = Key;

    /// <inheritdoc/>
    public override string Verb => "create";

    /// <inheritdoc/>
    public override string Subresource => "binding";

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.BindAsync(Key, Uid, NodeName);
}
