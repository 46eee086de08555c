using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Accepts TCP connections on a service port and carries each to an endpoint. Either side may close its half: the other
/// one goes on until it closes too. A connection stays with its endpoint even if that leaves the service.
/// </summary>
internal sealed class TcpPortListener : IPortListener
{
    private const int BufferBytes = 32 * 1024;
    private const int Backlog = 512;
    private const int KeepAliveSeconds = 60;

    private readonly Socket _socket;
    private readonly ServiceProxyOptions _options;
    private readonly ConnectionBudget _budget;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    private TcpPortListener(Socket socket, EndpointPicker picker, ServiceProxyOptions options, ConnectionBudget budget)
    {
        _socket = socket;
        Picker = picker;
        _options = options;
        _budget = budget;
        _accepting = AcceptAsync();
    }

    /// <inheritdoc/>
    public EndpointPicker Picker { get; }

    /// <summary>Opens a port.</summary>
    /// <exception cref="SocketException">The port cannot be opened.</exception>
    public static TcpPortListener Open(Listening at, EndpointPicker picker, ServiceProxyOptions options, ConnectionBudget budget)
    {
        var socket = new Socket(at.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(at.Address, at.Port));
            socket.Listen(Backlog);
            return new TcpPortListener(socket, picker, options, budget);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _socket.AcceptAsync(_stopping.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that is gone before it was accepted concerns nobody else.
                continue;
            }

            if (_budget.TryTake())
                _ = CarryAsync(client);
            else
                client.Dispose();
        }
    }

    private async Task CarryAsync(Socket client)
    {
        Socket? endpoint = null;
        try
        {
            client.NoDelay = true;
            KeepAlive(client);
            var from = ((IPEndPoint)client.RemoteEndPoint!).Address;
            endpoint = await ConnectAsync(from);
            if (endpoint is null)
                return;
            await Task.WhenAll(CopyAsync(client, endpoint), CopyAsync(endpoint, client));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A broken connection is broken for both sides, which the closing below tells them.
        }
        finally
        {
            endpoint?.Dispose();
            client.Dispose();
            _budget.Return();
        }
    }

    /// <summary>Connects to the first endpoint that accepts; null if none does.</summary>
    private async Task<Socket?> ConnectAsync(IPAddress client)
    {
        foreach (var candidate in Picker.Candidates(client))
        {
            var socket = new Socket(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                timeout.CancelAfter(_options.ConnectTimeout);
                await socket.ConnectAsync(candidate, timeout.Token);
                KeepAlive(socket);
                Picker.Chosen(client, candidate);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                _stopping.Token.ThrowIfCancellationRequested();
            }
        }

        return null;
    }

    /// <summary>A connection may be idle for ever, but a peer that vanished is noticed.</summary>
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 4);
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _stopping.Token) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stopping.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for a peer that is gone.
            from.Dispose();
            to.Dispose();
            throw;
        }
    }
}
