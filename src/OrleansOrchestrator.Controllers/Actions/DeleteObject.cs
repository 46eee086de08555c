using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>Deletes an object, provided that it still has <paramref name="Uid"/>. An object that is gone already counts as deleted.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Key">The object.</param>
/// <param name="Uid">The observed uid.</param>
/// <param name="GracePeriodSeconds">The grace period; null for the kind's default.</param>
/// <param name="Propagation">What happens to the object's own dependents; null for the kind's default.</param>
public sealed record DeleteObject(
    ResourceName Resource, ObjectKey Key, string Uid, long? GracePeriodSeconds = null, DeletionPropagation? Propagation = null)
    : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key { get; } = Key;

    /// <inheritdoc/>
    public override string Verb => "delete";

    /// <summary>Deletes only if the object is still at this resourceVersion; null for any version.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>For pods, the external reason, which the same write puts into the pod's conditions; null for none.</summary>
    public PodDisruption? Disruption { get; init; }

    /// <summary>For pods, whether nothing of the pod runs any more, so that the same write makes it Failed unless it has ended already.</summary>
    public bool FailsPod { get; init; }

    /// <inheritdoc/>
    public override Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => writer.DeleteAsync(this);
}
