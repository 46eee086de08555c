using System.Net.WebSockets;

namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>How WebSockets end.</summary>
public static class WebSocketEnd
{
    /// <summary>Whether a failed call of a WebSocket says no more than that the other side has gone, or that the wait was given up.</summary>
    public static bool IsGone(this Exception exception) => exception
        is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>
    /// Breaks the connection, unless both sides have said goodbye. A server that breaks a connection resets it, and the other side then
    /// loses what it has not read yet, the goodbye among it.
    /// </summary>
    public static void AbortUnlessClosed(this WebSocket socket)
    {
        if (socket.State != WebSocketState.Closed)
            socket.Abort();
    }
}
