using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Api;

/// <summary>The open connections of a client, which can be closed together: a connection goes on with the certificate with which it
/// began.</summary>
internal sealed class ClosableConnections
{
    private readonly Lock _lock = new();
    private readonly List<WeakReference<Socket>> _open = [];

    /// <summary>Has a client open its connections here.</summary>
    public void OpenAllOf(SocketsHttpHandler handler) => handler.ConnectCallback = async (context, cancellationToken) =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            Add(socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    };

    /// <summary>Closes all connections. What runs on them ends as when the network fails, and is tried again on new ones.</summary>
    public void CloseAll()
    {
        List<WeakReference<Socket>> closed;
        lock (_lock)
        {
            closed = [.. _open];
            _open.Clear();
        }

        foreach (var connection in closed)
        {
            if (connection.TryGetTarget(out var socket))
                Close(socket);
        }
    }

    private static void Close(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    private void Add(Socket socket)
    {
        lock (_lock)
        {
            _open.RemoveAll(connection => !connection.TryGetTarget(out var other) || other.SafeHandle.IsClosed);
            _open.Add(new WeakReference<Socket>(socket));
        }
    }
}
