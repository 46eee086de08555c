using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Gateway.WebSockets;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>
/// Connects a client to a container. The node's daemon speaks Kubernetes' channel protocol, and its messages are passed on unchanged.
/// </summary>
internal sealed class PodStreams(PodLocator locator, NodeClient nodes, GatewayOptions options, TimeProvider time)
{
    // The number of the error channel in Kubernetes' channel protocol.
    private const byte ErrorChannel = 3;
    // Some round trips for the other side's close message; afterwards the connection is aborted.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    // The protocols whose error channel carries a status, in binary messages.
    private static readonly string[] StatusProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    /// <summary>Serves a request for the streams of a container.</summary>
    /// <param name="request">The request.</param>
    /// <param name="what">The daemon's operation, such as <c>exec</c>.</param>
    /// <param name="isExec">Whether it is exec, which needs a command.</param>
    /// <exception cref="ApiException">400: contradictory options; 501: a protocol that is not supported.</exception>
    public async Task ServeAsync(ApiRequest request, string what, bool isExec)
    {
        var asked = StreamOptions.Parse(request.Http.Request.Query, isExec);
        var location = await locator.FindAsync(request, asked.Container);
        if (location.Node is not { } node)
            throw ApiErrors.BadRequest($"pod {request.Info.Name} does not have a host assigned");
        RequireWebSocket(request.Http);

        WebSocket upstream;
        try
        {
            upstream = await nodes.OpenAsync(
                node, location.PathOf(what) + asked.NodeQuery, request.Http.WebSockets.WebSocketRequestedProtocols, request.Cancellation);
        }
        catch (NodeRefusedException refused) when (StatusProtocolOf(request.Http) is { } protocol)
        {
            // A client that is refused before its WebSocket is open falls back to an older protocol, and would report that protocol's
            // error.
            await RefuseAsync(request, protocol, $"unable to upgrade connection: {refused.Message}");
            return;
        }
        catch (NodeRefusedException refused)
        {
            throw refused.ToApi();
        }
        catch (ApiException unreachable) when (StatusProtocolOf(request.Http) is { } protocol)
        {
            await RefuseAsync(request, protocol, $"error dialing backend: {unreachable.Message}");
            return;
        }

        using (upstream)
        {
            using var client = await AcceptAsync(request.Http, upstream.SubProtocol);
            await WebSocketRelay.RunAsync(client, upstream, CloseTime, time, request.Cancellation);
        }
    }

    private static void RequireWebSocket(HttpContext http)
    {
        if (http.WebSockets.IsWebSocketRequest)
            return;
        if (http.Request.Headers.Upgrade.Any(upgrade => upgrade?.StartsWith("SPDY", StringComparison.OrdinalIgnoreCase) == true))
            throw ApiErrors.NotImplemented("streams over SPDY are not supported yet; clients that speak WebSocket, such as kubectl since 1.31, have them");
        throw ApiErrors.BadRequest("Upgrade request required");
    }

    private static string? StatusProtocolOf(HttpContext http) => http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(StatusProtocols.Contains);

    private async Task RefuseAsync(ApiRequest request, string protocol, string message)
    {
        var status = ApiErrors.Internal(message).Status;
        byte[] payload = [ErrorChannel, .. StatusResponse.Encode(status).Span];
        using var client = await AcceptAsync(request.Http, protocol);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation);
        limit.CancelAfter(CloseTime);
        try
        {
            await client.SendAsync(payload, WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // The client does not wait for the error either.
        }
    }

    private Task<WebSocket> AcceptAsync(HttpContext http, string? protocol) => http.WebSockets.AcceptWebSocketAsync(
        new WebSocketAcceptContext { SubProtocol = protocol, KeepAliveInterval = TimeSpan.FromSeconds(options.StreamPingSeconds) });
}
