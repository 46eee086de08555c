using Microsoft.AspNetCore.Http.Extensions;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>Serves <c>pods/portforward</c>: connections to ports of a pod.</summary>
internal sealed class PodPortForwardEndpoint(PodStreams streams, PodLocator locator) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "portforward",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Create, Verbs.Get],
        BodyKind = "PodPortForwardOptions",
        IsLongRunning = true,
        Connects = true,
        SocketNeedsCreate = true,
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var (pod, node) = await locator.FindPodAsync(request.Info.Key, request.Cancellation);

        // The kubelet's name.
        var query = new QueryBuilder();
        query.Add("port", request.Http.Request.Query["ports"].Select(ports => ports ?? ""));
        await streams.ServeAsync(request, node, PodLocation.PathOf("portForward", pod) + query.ToQueryString(), isSession: false);
    }
}
