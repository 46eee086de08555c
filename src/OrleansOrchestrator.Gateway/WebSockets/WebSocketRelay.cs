using System.Buffers;
using System.Net.WebSockets;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>
/// Hands messages from one WebSocket to another in both directions, as they come. Nothing is read from one side while the other
/// does not take what was read before. A side that ends its own direction still gets the other one.
/// </summary>
internal static class WebSocketRelay
{
    private const int BufferBytes = 32 * 1024;

    /// <summary>Runs until both directions have ended, or a side has gone.</summary>
    /// <param name="client">The one that asked.</param>
    /// <param name="node">The one that answers. If it goes without a word the client is told.</param>
    /// <param name="closeTime">How long a side may take to say goodbye after the other one has.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends both.</param>
    public static async Task RunAsync(WebSocket client, WebSocket node, TimeSpan closeTime, TimeProvider time, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = PumpAsync(client, node, ending.Token);
        var down = PumpAsync(node, client, ending.Token);
        var first = await Task.WhenAny(up, down);
        if (first == down || !await first)
        {
            // The node has nothing more to say, or the client is not there any more.
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

    /// <returns>Whether the direction has ended in order.</returns>
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
            // The client has gone, too.
        }
    }
}
