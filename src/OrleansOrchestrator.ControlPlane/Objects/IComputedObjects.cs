using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>Computes the objects of a kind that is not stored.</summary>
internal interface IComputedObjects
{
    /// <summary>The kind.</summary>
    ResourceName Resource { get; }

    /// <summary>All objects as they are now, in any order.</summary>
    Task<IReadOnlyList<KubeObject>> ComputeAsync(CancellationToken cancellationToken);
}
