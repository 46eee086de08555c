using System.Buffers;
using System.Net.WebSockets;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>
/// Passes messages between two WebSockets in both directions. It reads from one side only when the other has taken the previous
/// message. A side that has ended its own direction still receives the other one.
/// </summary>
internal static class WebSocketRelay
{
    // A frame of the daemon's streams; a larger message is passed on in parts.
    private const int BufferBytes = 32 * 1024;

    /// <summary>Runs until both directions have ended, or a side has gone.</summary>
    /// <param name="client">The client.</param>
    /// <param name="node">The node. If it goes without a close message, the client gets one.</param>
    /// <param name="closeTime">How long a side may take to close after the other.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends both directions.</param>
    public static async Task RunAsync(WebSocket client, WebSocket node, TimeSpan closeTime, TimeProvider time, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = PumpAsync(client, node, ending.Token);
        var down = PumpAsync(node, client, ending.Token);
        var first = await Task.WhenAny(up, down);
        if (first == down || !await first)
        {
            // The node has finished, or the client has gone.
            if (first == down && !await down && client.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await CloseAsync(client, closeTime, time);
            await Task.WhenAny(Task.WhenAll(up, down), Task.Delay(closeTime, time, ending.Token));
        }
        else
        {
            await down;
        }

        await ending.CancelAsync();
        client.AbortUnlessClosed();
        node.AbortUnlessClosed();
        await Task.WhenAll(up, down);
    }

    /// <returns>Whether the direction ended in order.</returns>
    private static async Task<bool> PumpAsync(WebSocket from, WebSocket to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                var part = await from.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await to.CloseOutputAsync(from.CloseStatus ?? WebSocketCloseStatus.NormalClosure, from.CloseStatusDescription, cancellationToken);
                    return true;
                }

                await to.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, cancellationToken);
            }
        }
        catch (Exception gone) when (gone.IsGone())
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task CloseAsync(WebSocket client, TimeSpan closeTime, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(closeTime, time);
        try
        {
            await client.CloseOutputAsync(WebSocketCloseStatus.InternalServerError, "the connection to the node was lost", limit.Token);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // The client has gone as well.
        }
    }
}
