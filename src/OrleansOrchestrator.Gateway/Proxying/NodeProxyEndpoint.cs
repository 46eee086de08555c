using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Serves <c>nodes/proxy</c>: the daemon of a node, or another server at the node's address if the path names its port.</summary>
internal sealed class NodeProxyEndpoint(RequestForwarder forwarder, IObjectClient objects, ResourceRegistry registry)
    : ProxyEndpoint(WellKnownResources.Nodes, "NodeProxyOptions", forwarder)
{
    /// <inheritdoc/>
    protected override async Task<ProxyDestination> ResolveAsync(ApiRequest request)
    {
        var (scheme, name, port) = ProxyTarget.Parse(request.Info.Name, "node");
        var node = (await objects.GetAsync(registry[WellKnownResources.Nodes], new ObjectKey("", name), Freshness.Latest, request.Cancellation)).SharedModel<V1Node>();
        var daemon = node.Status?.DaemonEndpoints?.KubeletEndpoint?.Port.ToString(CultureInfo.InvariantCulture);
        if (port.Length == 0 || port == daemon)
            return ProxyDestination.Of(DaemonOf(node));
        var address = ProxyDestination.Require(NodeEndpoint.AddressOf(node, "InternalIP"), isOfPod: false);
        return new ProxyDestination(scheme, address, ProxyDestination.PortOf(port, scheme), null, null);
    }

    /// <summary>A node whose object tells of no daemon is out of reach, as one whose daemon does not answer.</summary>
    private static NodeEndpoint DaemonOf(V1Node node)
    {
        try
        {
            return NodeEndpoint.Of(node);
        }
        catch (ApiException untold) when (untold.Code == 500)
        {
            throw ApiErrors.ServiceUnavailable($"error trying to reach service: {untold.Message}");
        }
    }
}
