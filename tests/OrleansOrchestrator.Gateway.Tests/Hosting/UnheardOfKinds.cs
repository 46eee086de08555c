using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>Kinds that are defined elsewhere and that the registry learns of when somebody asks for one.</summary>
internal sealed class UnheardOfKinds(ResourceRegistry registry) : INewestKinds
{
    public List<ResourceDefinition> Definitions { get; } = [];

    public Task<ResourceDefinition?> FindNewestAsync(ResourceName name, CancellationToken cancellationToken)
    {
        if (Definitions.Exists(definition => definition.Name == name))
            registry.SetCustom(Definitions);
        return Task.FromResult(registry.Find(name));
    }
}
