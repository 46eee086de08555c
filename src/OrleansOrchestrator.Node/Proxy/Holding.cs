using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Owns sockets and the place that they take in the budget. Disposing closes the sockets and returns the place exactly once.
/// </summary>
/// <param name="release">Returns the place to the budget.</param>
internal sealed class Holding(Action release) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private bool _isDisposed;

    /// <summary>Takes ownership of a socket. Closes it at once if this object is already disposed.</summary>
    public Socket Add(Socket socket)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _sockets.Add(socket);
                return socket;
            }
        }

        socket.Dispose();
        return socket;
    }

    /// <summary>Closes one socket early and keeps the place.</summary>
    public void Close(Socket socket)
    {
        lock (_gate)
            _sockets.Remove(socket);
        socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        foreach (var socket in _sockets)
            socket.Dispose();
        release();
    }
}
