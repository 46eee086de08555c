using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Definitions;

/// <summary>Finds kinds of which this silo may not know yet.</summary>
public interface INewestKinds
{
    /// <summary>Finds a resource by the newest definitions. If the silo did not know the definition, its <see cref="ResourceRegistry"/>
    /// has it afterwards.</summary>
    /// <returns>The definition; null if there is none.</returns>
    /// <exception cref="ApiException">503: the definitions cannot be read.</exception>
    Task<ResourceDefinition?> FindNewestAsync(ResourceName name, CancellationToken cancellationToken);
}
