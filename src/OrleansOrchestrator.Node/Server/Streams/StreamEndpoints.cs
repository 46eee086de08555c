using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>Serves <c>/exec/…</c> and <c>/attach/…</c> with the kubelet's paths and queries: over a WebSocket, or over
/// SPDY within one.</summary>
/// <param name="pods">The pods of this node.</param>
/// <param name="runtime">The runtime.</param>
/// <param name="idle">How long a session may be idle.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class StreamEndpoints(PodDirectory pods, IContainerRuntime runtime, TimeSpan idle, TimeProvider timeProvider)
{
    /// <summary>Runs a command in a container.</summary>
    public Task ExecAsync(HttpContext context, string ns, string pod, string container) =>
        ServeAsync(context, ns, pod, container, "error executing command in container", runtime.OpenExecAsync);

    /// <summary>Attaches to the streams of a container.</summary>
    public Task AttachAsync(HttpContext context, string ns, string pod, string container) =>
        ServeAsync(context, ns, pod, container, "error attaching to container", runtime.OpenAttachAsync);

    /// <summary>Accepts a WebSocket with a subprotocol; empty for none.</summary>
    public static Task<WebSocket> AcceptAsync(HttpContext context, string protocol)
    {
        // .NET does not accept the slash in the names of tunnelled SPDY.
        if (protocol.Length > 0)
            context.Response.Headers.SecWebSocketProtocol = protocol;
        return context.WebSockets.AcceptWebSocketAsync();
    }

    private async Task ServeAsync(
        HttpContext context,
        string ns,
        string pod,
        string container,
        string what,
        Func<string, SessionRequest, CancellationToken, Task<IContainerSession>> open)
    {
        var (request, fault) = StreamRequest.Parse(context.Request.Query);
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, "a WebSocket is required");
        }
        else if (fault is not null)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, fault);
        }
        else if (pods.Find(ns, pod) is not { } worker)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status404NotFound, "pod does not exist");
        }
        else if (ChannelProtocol.Choose(context.WebSockets.WebSocketRequestedProtocols) is not { } protocol)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, "none of the client's protocols is spoken here");
        }
        else if ((await runtime.InspectAsync(worker.Uid, context.RequestAborted))?.Newest(container) is not { Phase: ContainerPhase.Running } instance)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status500InternalServerError, $"container not found (\"{container}\")");
        }
        else
        {
            using var timer = new IdleTimer(idle, timeProvider);
            if (protocol.IsSpdy)
            {
                // The caller opens its streams first; the command must not run without them.
                var socket = await AcceptAsync(context, protocol.Name);
                using var streams = await SpdyChannels.OpenAsync(socket, request, protocol, timeProvider, context.RequestAborted);
                if (streams is null)
                    return;
                await using var opened = await OpenedSession.OpenAsync(() => open(instance.Id, request, context.RequestAborted));
                await new StreamSession(opened, request, streams, timer).RunAsync(what, context.RequestAborted);
            }
            else
            {
                // The session opens before the WebSocket, so that a client with an open stream has an open session.
                await using var opened = await OpenedSession.OpenAsync(() => open(instance.Id, request, context.RequestAborted));
                using var socket = new ChannelSocket(await AcceptAsync(context, protocol.Name), protocol, timeProvider);
                await new StreamSession(opened, request, socket, timer).RunAsync(what, context.RequestAborted);
            }
        }
    }
}
