using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>Computes the objects of a kind that is not stored.</summary>
internal interface IComputedObjects
{
    /// <summary>The kind.</summary>
    ResourceName Resource { get; }

    /// <summary>The objects as they are now, in any order.</summary>
    /// <param name="filter">Which objects are asked for. Others may be computed too, at needless cost.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<KubeObject>> ComputeAsync(ObjectFilter filter, CancellationToken cancellationToken);
}
