using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>A node that runs nothing needs no services.</summary>
internal sealed class NoServices : IServiceSource
{
    public bool IsSynced => true;

    public IReadOnlyCollection<V1Service> Services => [];

    public V1Service? Find(string ns, string name) => null;
}
