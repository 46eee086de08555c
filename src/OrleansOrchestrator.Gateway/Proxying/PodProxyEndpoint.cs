using k8s.Models;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Serves <c>pods/proxy</c>: the HTTP server in a pod, at its first declared port unless the path names another.</summary>
internal sealed class PodProxyEndpoint(RequestForwarder forwarder, PodLocator locator) : ProxyEndpoint(WellKnownResources.Pods, "PodProxyOptions", forwarder)
{
    /// <inheritdoc/>
    protected override async Task<ProxyDestination> ResolveAsync(ApiRequest request)
    {
        var (scheme, name, port) = ProxyTarget.Parse(request.Info.Name, "pod");
        var (pod, node) = await locator.FindPodAsync(request.Info.Key with { Name = name }, request.Cancellation);
        var address = ProxyDestination.Require(pod.Status?.PodIP, isOfPod: node is not null);
        var number = port.Length == 0 && FirstPort(pod) is { } first ? first : ProxyDestination.PortOf(port, scheme);
        return new ProxyDestination(scheme, address, number, pod, node);
    }

    private static int? FirstPort(V1Pod pod) =>
        pod.Spec.Containers.Select(container => container.Ports).FirstOrDefault(ports => ports is { Count: > 0 })?[0].ContainerPort;
}
