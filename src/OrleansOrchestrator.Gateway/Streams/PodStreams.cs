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
/// Connects a client to a pod. The node's daemon speaks Kubernetes' protocols of streams, over WebSockets and SPDY, and messages and
/// bytes are passed on unchanged.
/// </summary>
internal sealed class PodStreams(NodeClient nodes, GatewayOptions options, TimeProvider time)
{
    // The number of the error channel in Kubernetes' channel protocol.
    private const byte ErrorChannel = 3;
    // Some round trips for the other side's close message; afterwards the connection is aborted.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    // The protocols whose error channel carries a status, in binary messages.
    private static readonly string[] StatusProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    /// <summary>Serves a request for streams of a pod.</summary>
    /// <param name="request">The request.</param>
    /// <param name="node">The pod's node; null if it has none.</param>
    /// <param name="pathAndQuery">The daemon's path and query.</param>
    /// <param name="isSession">Whether it is a session with a container, in which an error can be told.</param>
    /// <exception cref="ApiException">400: the request asks for no streams, or the pod has no node; 503: the node cannot be
    /// reached.</exception>
    public async Task ServeAsync(ApiRequest request, NodeEndpoint? node, string pathAndQuery, bool isSession)
    {
        if (node is null)
            throw ApiErrors.BadRequest($"pod {request.Info.Name} does not have a host assigned");
        if (SpdyUpgrade.Of(request.Http) is { } spdy)
            await spdy.ServeAsync(await OpenAsync(node, pathAndQuery, spdy.Protocols, request.Cancellation), CloseTime, time, request.Cancellation);
        else if (request.Http.WebSockets.IsWebSocketRequest)
            await ServeSocketAsync(request, node, pathAndQuery, isSession ? StatusProtocolOf(request.Http) : null);
        else
            throw ApiErrors.BadRequest("Upgrade request required");
    }

    private async Task ServeSocketAsync(ApiRequest request, NodeEndpoint node, string pathAndQuery, string? statusProtocol)
    {
        (WebSocket Socket, string Protocol) upstream;
        try
        {
            upstream = await OpenAsync(node, pathAndQuery, request.Http.WebSockets.WebSocketRequestedProtocols, request.Cancellation);
        }
        catch (ApiException refused) when (statusProtocol is not null)
        {
            // A client that is refused before its WebSocket is open falls back to an older protocol, and would report that protocol's
            // error.
            var what = refused.Code == StatusCodes.Status503ServiceUnavailable ? "error dialing backend" : "unable to upgrade connection";
            await RefuseAsync(request, statusProtocol, $"{what}: {refused.Message}");
            return;
        }

        using (upstream.Socket)
        {
            using var client = await AcceptAsync(request.Http, upstream.Protocol);
            await WebSocketRelay.RunAsync(client, upstream.Socket, CloseTime, time, request.Cancellation);
        }
    }

    private async Task<(WebSocket Socket, string Protocol)> OpenAsync(
        NodeEndpoint node, string pathAndQuery, IEnumerable<string> protocols, CancellationToken cancellationToken)
    {
        try
        {
            return await nodes.OpenAsync(node, pathAndQuery, protocols, cancellationToken);
        }
        catch (NodeRefusedException refused)
        {
            throw refused.ToApi();
        }
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

    private Task<WebSocket> AcceptAsync(HttpContext http, string protocol)
    {
        // .NET does not accept the slash in the names of tunnelled SPDY.
        if (protocol.Length > 0)
            http.Response.Headers.SecWebSocketProtocol = protocol;
        return http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(options.StreamPingSeconds) });
    }
}
