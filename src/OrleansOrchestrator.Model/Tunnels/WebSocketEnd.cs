using System.Net.WebSockets;

namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>The closing of WebSockets.</summary>
public static class WebSocketEnd
{
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
