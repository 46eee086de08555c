using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Finds which runtime a pod's class asks for.</summary>
internal sealed class RuntimeClasses(ClusterConnection api)
{
    /// <summary>The handler of the pod's runtime class; empty for the usual one.</summary>
    /// <exception cref="ConfigurationException">The class does not exist.</exception>
    public async Task<string> HandlerOfAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        if (pod.Spec.RuntimeClassName is not { Length: > 0 } name)
            return "";
        try
        {
            return (await api.GetAsync<V1RuntimeClass>(ResourcePath.RuntimeClass(name), cancellationToken)).Handler;
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            throw new ConfigurationException($"failed to get sandbox runtime: RuntimeClass.node.k8s.io \"{name}\" not found");
        }
    }
}
