using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Sockets, and the place in the budget that they take: one disposable that gives all of it back, once, on whatever path.
/// </summary>
/// <param name="release">Gives the place back.</param>
internal sealed class Holding(Action release) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private bool _isDisposed;

    /// <summary>Takes over a socket. One that comes after the end is closed at once.</summary>
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

    /// <summary>Closes a socket before the others.</summary>
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
