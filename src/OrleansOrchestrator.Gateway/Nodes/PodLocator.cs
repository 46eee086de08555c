using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>A container of a pod and its location.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Node">The node; null if the pod has none.</param>
internal sealed record PodLocation(V1Pod Pod, string Container, NodeEndpoint? Node)
{
    /// <summary>The daemon's path for a container, such as <c>/exec/default/web/main</c>.</summary>
    public string PathOf(string what) => $"{PathOf(what, Pod)}/{Uri.EscapeDataString(Container)}";

    /// <summary>The daemon's path for a pod, such as <c>/portForward/default/web</c>.</summary>
    public static string PathOf(string what, V1Pod pod) =>
        $"/{what}/{Uri.EscapeDataString(pod.Metadata.NamespaceProperty)}/{Uri.EscapeDataString(pod.Metadata.Name)}";
}

/// <summary>Finds the location of a requested container.</summary>
internal sealed class PodLocator(IObjectClient objects, ResourceRegistry registry)
{
    /// <summary>Finds the container and its node.</summary>
    /// <param name="request">A request that names a pod.</param>
    /// <param name="container">The container; empty for the only one.</param>
    /// <exception cref="ApiException">404: there is no such pod; 400: there is no such container; 500: the node object has no daemon
    /// address.</exception>
    public async Task<PodLocation> FindAsync(ApiRequest request, string container)
    {
        var pod = await ReadAsync(request.Info.Key, request.Cancellation);
        return new PodLocation(pod, PodContainers.Choose(pod, container), await NodeOfAsync(pod, request.Cancellation));
    }

    /// <summary>Finds a pod and its node; no node if the pod has none.</summary>
    /// <exception cref="ApiException">404: there is no such pod; 500: the node object has no daemon address.</exception>
    public async Task<(V1Pod Pod, NodeEndpoint? Node)> FindPodAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var pod = await ReadAsync(key, cancellationToken);
        return (pod, await NodeOfAsync(pod, cancellationToken));
    }

    private async Task<V1Pod> ReadAsync(ObjectKey key, CancellationToken cancellationToken) =>
        (await objects.GetAsync(registry[WellKnownResources.Pods], key, Freshness.Latest, cancellationToken)).SharedModel<V1Pod>();

    private async Task<NodeEndpoint?> NodeOfAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(pod.Spec.NodeName))
            return null;
        var node = await objects.GetAsync(registry[WellKnownResources.Nodes], new ObjectKey("", pod.Spec.NodeName), Freshness.Any, cancellationToken);
        return NodeEndpoint.Of(node.SharedModel<V1Node>());
    }
}
