using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>A container of a pod, and where it runs.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Node">The node; null while the pod is on none.</param>
internal sealed record PodLocation(V1Pod Pod, string Container, NodeEndpoint? Node)
{
    /// <summary>The path of something that the daemon serves for a container, as in <c>/exec/default/web/main</c>.</summary>
    public string PathOf(string what) =>
        $"/{what}/{Uri.EscapeDataString(Pod.Metadata.NamespaceProperty)}/{Uri.EscapeDataString(Pod.Metadata.Name)}/{Uri.EscapeDataString(Container)}";
}

/// <summary>Finds where a container runs that a request names.</summary>
internal sealed class PodLocator(IObjectClient objects, ResourceRegistry registry)
{
    /// <summary>Finds the container and its node.</summary>
    /// <param name="request">A request that names a pod.</param>
    /// <param name="container">The container; empty for the only one.</param>
    /// <exception cref="ApiException">404: there is no such pod; 400: no such container; 500: the node has not told where its daemon is.</exception>
    public async Task<PodLocation> FindAsync(ApiRequest request, string container)
    {
        var stored = await objects.GetAsync(request.Definition, request.Info.Key, Freshness.Latest, request.Cancellation);
        var pod = stored.SharedModel<V1Pod>();
        var chosen = PodContainers.Choose(pod, container);
        if (string.IsNullOrEmpty(pod.Spec.NodeName))
            return new PodLocation(pod, chosen, null);
        var node = await objects.GetAsync(
            registry[WellKnownResources.Nodes], new ObjectKey("", pod.Spec.NodeName), Freshness.Any, request.Cancellation);
        return new PodLocation(pod, chosen, NodeEndpoint.Of(node.SharedModel<V1Node>()));
    }
}
