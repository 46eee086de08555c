using System.Buffers;
using System.Net.Sockets;
using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Accepts TCP connections on a service port and carries each to an endpoint. Either side may close its half: the other
/// one goes on until it closes too. A connection stays with its endpoint even if that leaves the service.
/// </summary>
internal sealed class TcpPortListener : IPortListener
{
    // Few system calls for a fast transfer; idle connections hold no buffer.
    private const int BufferBytes = 32 * 1024;
    // Connections that arrive while the loop is busy; the kernel caps it at net.core.somaxconn.
    private const int Backlog = 512;
    // The silence before the first keep-alive probe: a vanished peer is noticed within minutes.
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

    /// <summary>Opens a port. Another process that has it keeps it: the port is not shared.</summary>
    /// <param name="at">Where to listen.</param>
    /// <param name="place">The port's place in the budget, which this takes over.</param>
    /// <param name="picker">Picks endpoints.</param>
    /// <param name="options">Times.</param>
    /// <param name="budget">Bounds the connections.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told of failures.</param>
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
            // A client that is gone before it was accepted concerns nobody else.
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
                // A broken connection is broken for both sides, which the closing tells them.
            }
        }
    }

    /// <summary>Connects to the first endpoint that accepts; null if none does.</summary>
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

                // One that refuses costs nobody any time: its program may be back in a moment.
                if (exception is not SocketException { SocketErrorCode: SocketError.ConnectionRefused })
                    Picker.Failed(candidate);
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

    private async Task CopyAsync(Socket from, Socket to, Holding place)
    {
        try
        {
            while (await CopyNextAsync(from, to))
            {
                // Until its end.
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for a peer that is gone.
            place.Dispose();
            throw;
        }
    }

    /// <summary>Copies what comes next. A connection that is idle holds no buffer.</summary>
    /// <returns>False at the end.</returns>
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
