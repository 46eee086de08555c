using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Definitions;

/// <summary>Finds kinds that this silo may not have heard of yet.</summary>
public interface INewestKinds
{
    /// <summary>Finds a resource, as the newest definitions have it. A silo that has not heard of a definition yet learns of it here,
    /// and its <see cref="ResourceRegistry"/> has it from then on.</summary>
    /// <returns>The definition; null if there is none.</returns>
    /// <exception cref="ApiException">503: the definitions cannot be read.</exception>
    Task<ResourceDefinition?> FindNewestAsync(ResourceName name, CancellationToken cancellationToken);
}
