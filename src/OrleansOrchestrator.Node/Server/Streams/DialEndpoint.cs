using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>
/// Serves <c>/dial/{namespace}/{pod}/{port}</c>: a TCP connection to a pod's address as the binary messages of a WebSocket. So the
/// gateway reaches pods whose network only their node can reach.
/// </summary>
/// <param name="pods">The pods of this node.</param>
/// <param name="runtime">The runtime.</param>
/// <param name="hostAddress">The address of pods in the node's own network.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class DialEndpoint(PodDirectory pods, IContainerRuntime runtime, string hostAddress, TimeProvider timeProvider)
{
    // A pod is on this machine: what does not answer by then is not there.
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);
    // For the last bytes of one direction after the end of the other.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    /// <summary>Dials and relays until either side ends.</summary>
    public async Task DialAsync(HttpContext context, string ns, string pod, ushort port)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status400BadRequest, "a WebSocket is required");
            return;
        }

        if (pods.Find(ns, pod) is not { Pod: { } found } worker)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status404NotFound, "pod does not exist");
            return;
        }

        var address = found.Spec.HostNetwork == true ? hostAddress : (await runtime.InspectAsync(worker.Uid, context.RequestAborted))?.Ip;
        if (string.IsNullOrEmpty(address))
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the pod has no address yet");
            return;
        }

        using var connection = new TcpClient { NoDelay = true };
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            limit.CancelAfter(ConnectTime);
            await connection.ConnectAsync(address, port, limit.Token);
        }
        catch (SocketException refused)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status503ServiceUnavailable, $"dial tcp {address}:{port}: {refused.Message}");
            return;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await NodeEndpoints.FailAsync(context, StatusCodes.Status503ServiceUnavailable, $"dial tcp {address}:{port}: i/o timeout");
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await RelayAsync(socket, connection, context.RequestAborted);
    }

    /// <summary>Relays both directions. The end of one is passed on, and the other has a little time to end, too.</summary>
    private async Task RelayAsync(WebSocket socket, TcpClient connection, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var caller = WebSocketStream.Create(socket, WebSocketMessageType.Binary, TimeSpan.Zero);
        var called = connection.GetStream();
        var up = CopyAsync(caller, called, () =>
        {
            connection.Client.Shutdown(SocketShutdown.Send);
            return Task.CompletedTask;
        });
        var down = CopyAsync(called, caller, () => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, over.Token));
        await Task.WhenAny(up, down);
        await Task.WhenAny(Task.WhenAll(up, down), Task.Delay(CloseTime, timeProvider, cancellationToken));
        await over.CancelAsync();
        await Task.WhenAll(up, down);

        async Task CopyAsync(Stream from, Stream to, Func<Task> end)
        {
            try
            {
                await from.CopyToAsync(to, over.Token);
                await end();
            }
            catch (Exception gone) when (gone is IOException or SocketException or WebSocketException or NotSupportedException or OperationCanceledException or ObjectDisposedException)
            {
                // The other direction ends with it.
            }
        }
    }
}
