using System.Buffers;
using System.Net.Sockets;
using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Accepts TCP connections on a service port and forwards each to an endpoint. If one side closes its half, the other direction goes on
/// until it closes too. A connection keeps its endpoint even after the endpoint leaves the service.
/// </summary>
internal sealed class TcpPortListener : IPortListener
{
    // Large enough for a fast transfer with few system calls. Idle connections hold no buffer.
    private const int BufferBytes = 32 * 1024;
    // The connections that may wait to be accepted. The kernel caps the number at net.core.somaxconn.
    private const int Backlog = 512;
    // The silence before the first keep-alive probe, so that the proxy notices a vanished peer within minutes.
    private const int KeepAliveSeconds = 60;

    private readonly Holding _place;
    private readonly Socket _socket;
    private readonly NodeAgentOptions _options;
    private readonly ServiceBudget _budget;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SupervisedLoop _accepting;

    private TcpPortListener(
        Holding place, Socket socket, EndpointPicker picker, NodeAgentOptions options, ServiceBudget budget, TimeProvider time, ILogger logger)
    {
        _place = place;
        _socket = socket;
        Picker = picker;
        _options = options;
        _budget = budget;
        _accepting = new SupervisedLoop("TCP port", AcceptAsync, time, logger);
        _accepting.Signal();
    }

    /// <inheritdoc/>
    public EndpointPicker Picker { get; }

    /// <summary>Opens a port. Fails if another process has the port: the proxy does not share ports.</summary>
    /// <param name="at">The address to listen on.</param>
    /// <param name="place">The port's place in the budget. The listener owns it from now on.</param>
    /// <param name="picker">Picks endpoints.</param>
    /// <param name="options">The time limits.</param>
    /// <param name="budget">Bounds the connections.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs failures.</param>
    /// <exception cref="SocketException">The port cannot be opened.</exception>
    public static TcpPortListener Open(
        Listening at, Holding place, EndpointPicker picker, NodeAgentOptions options, ServiceBudget budget, TimeProvider time, ILogger logger)
    {
        var socket = place.Add(new Socket(at.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        socket.Bind(new IPEndPoint(at.Address, at.Port));
        socket.Listen(Backlog);
        return new TcpPortListener(place, socket, picker, options, budget, time, logger);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting.DisposeAsync();
        _place.Dispose();
    }

    private async Task<TimeSpan?> AcceptAsync(CancellationToken cancellationToken)
    {
        Socket client;
        try
        {
            client = await _socket.AcceptAsync(cancellationToken);
        }
        catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
        {
            // The client left before the proxy accepted it: accept the next one.
            return TimeSpan.Zero;
        }

        if (_budget.TryTake(ProxyUse.Connection) is { } place)
        {
            place.Add(client);
            _ = CarryAsync(client, place);
        }
        else
        {
            client.Dispose();
        }

        return TimeSpan.Zero;
    }

    private async Task CarryAsync(Socket client, Holding place)
    {
        using (place)
        {
            try
            {
                client.NoDelay = true;
                KeepAlive(client);
                var from = ((IPEndPoint)client.RemoteEndPoint!).Address;
                if (await ConnectAsync(from, place) is { } endpoint)
                    await Task.WhenAll(CopyAsync(client, endpoint, place), CopyAsync(endpoint, client, place));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // If one side breaks, closing both sockets tells the other side.
            }
        }
    }

    /// <summary>Connects to the first endpoint that accepts. Returns null if none does.</summary>
    private async Task<Socket?> ConnectAsync(IPAddress client, Holding place)
    {
        foreach (var candidate in Picker.Candidates(client))
        {
            var socket = place.Add(new Socket(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                timeout.CancelWithin(_options.ProxyConnectTimeout);
                await socket.ConnectAsync(candidate, timeout.Token);
                KeepAlive(socket);
                Picker.Chosen(client, candidate);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                place.Close(socket);
                _stopping.Token.ThrowIfCancellationRequested();

                // A refusal takes no time, so the endpoint stays a candidate: its program may listen again soon.
                if (exception is not SocketException { SocketErrorCode: SocketError.ConnectionRefused })
                    Picker.Failed(candidate);
            }
        }

        return null;
    }

    /// <summary>Turns on keep-alive probes: a connection may stay idle, but the proxy must notice a vanished peer.</summary>
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 4);
    }

    private async Task CopyAsync(Socket from, Socket to, Holding place)
    {
        try
        {
            while (await CopyNextAsync(from, to))
            {
                // Copies until the sender closes its half.
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for a broken connection.
            place.Dispose();
            throw;
        }
    }

    /// <summary>Copies the next bytes. Rents the buffer only when bytes have arrived.</summary>
    /// <returns>False when the sender has closed its half.</returns>
    private async Task<bool> CopyNextAsync(Socket from, Socket to)
    {
        await from.ReceiveAsync(Memory<byte>.Empty, _stopping.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var count = await from.ReceiveAsync(buffer.AsMemory(0, BufferBytes), _stopping.Token);
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stopping.Token);
            return count > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
