using System.Net.WebSockets;

namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>The closing of WebSockets.</summary>
public static class WebSocketEnd
{
    // Some round trips for the other side's close message.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    /// <summary>Sends a close message, waits a moment for the other side's, and then breaks the connection.</summary>
    /// <param name="socket">The WebSocket.</param>
    /// <param name="receiving">Completes when nothing more comes.</param>
    /// <param name="time">The clock.</param>
    public static async Task CloseAsync(this WebSocket socket, Task receiving, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(CloseTime, time);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            await receiving.WaitAsync(limit.Token);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // The other side has gone without a close message.
        }

        socket.AbortUnlessClosed();
        await receiving;
    }

    /// <summary>Whether a failed WebSocket call only means that the other side has gone, or that the wait was cancelled.</summary>
    public static bool IsGone(this Exception exception) => exception
        is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>
    /// Aborts the connection, unless both sides have sent a close message. A server that aborts resets the connection, and the other
    /// side then loses what it has not read yet, including the close message.
    /// </summary>
    public static void AbortUnlessClosed(this WebSocket socket)
    {
        if (socket.State != WebSocketState.Closed)
            socket.Abort();
    }
}
