using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>
/// Serves <c>nodes/tunnel</c>. A daemon that can only dial out offers connections to itself, and other gateways call the daemon through
/// connections offered here. A tunnel carries TLS between the calling gateway and the daemon, which nobody in between can read.
/// </summary>
internal sealed class NodeTunnelEndpoint(IObjectClient objects, NodeTunnels tunnels, TunnelDialer dialer, GatewayOptions options) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = NodeTunnel.Subresource,
        Serves = SubresourceDeclaration.Of(WellKnownResources.Nodes),
        Verbs = [Verbs.Create, Verbs.Get],
        IsLongRunning = true,
        TakesPath = true,
        SocketNeedsCreate = true,
    };

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => request.Info.SubresourcePath switch
    {
        _ when !request.Http.WebSockets.IsWebSocketRequest => throw ApiErrors.BadRequest("Upgrade request required"),
        "" => OfferAsync(request),
        NodeTunnel.DialPath => DialAsync(request),
        _ => throw ApiErrors.NoSuchPath(),
    };

    private async Task OfferAsync(ApiRequest request)
    {
        var node = await objects.GetAsync(request.Definition, request.Info.Key, Freshness.Any, request.Cancellation);
        await ReportAsync(request, node.SharedModel<V1Node>());
        await using var tunnel = new TunnelStream(await AcceptAsync(request));
        await tunnels.OfferAsync(request.Info.Name, tunnel, request.Cancellation);
    }

    /// <summary>Publishes in the node object that its tunnels now end at this gateway.</summary>
    private async Task ReportAsync(ApiRequest request, V1Node node)
    {
        var own = (dialer.Own ?? new UriBuilder(Uri.UriSchemeHttps, request.Http.Request.Host.Host, request.Http.Request.Host.Port ?? 443).Uri).ToString();
        if (node.Metadata.Annotations?.TryGetValue(NodeTunnel.Annotation, out var published) == true && published == own)
            return;
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [NodeTunnel.Annotation] = own } } };
        await objects.PatchAsync(
            request.Reference, PatchType.MergePatch, System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString()), WriteOptions.ControlPlane, request.Cancellation);
    }

    private async Task DialAsync(ApiRequest request)
    {
        if (request.User.Name != ClusterIdentity.GatewayUser)
            throw ApiErrors.Forbidden(WellKnownResources.Nodes, request.Info.Name, "only a gateway calls a node through its tunnel");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.NodeConnectSecondsMax));
        TunnelStream tunnel;
        try
        {
            tunnel = await tunnels.TakeAsync(request.Info.Name, limit.Token);
        }
        catch (OperationCanceledException) when (!request.Cancellation.IsCancellationRequested)
        {
            throw ApiErrors.ServiceUnavailable($"no tunnel of node \"{request.Info.Name}\" ends here");
        }

        await using (tunnel)
        {
            await using var caller = new TunnelStream(await AcceptAsync(request));
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation);
            var copies = new[] { CopyAsync(caller, tunnel, ending.Token), CopyAsync(tunnel, caller, ending.Token) };
            await Task.WhenAny(copies);
            await ending.CancelAsync();
            await Task.WhenAll(copies);
        }
    }

    private static async Task CopyAsync(TunnelStream from, TunnelStream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, cancellationToken);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // One side has closed, which ends the other.
        }
    }

    private Task<System.Net.WebSockets.WebSocket> AcceptAsync(ApiRequest request) => request.Http.WebSockets.AcceptWebSocketAsync(
        new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(options.StreamPingSeconds) });
}
