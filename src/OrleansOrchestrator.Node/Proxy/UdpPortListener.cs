using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Carries UDP packets between clients and endpoints. Packets of one client go to one endpoint while its session lasts.</summary>
internal sealed class UdpPortListener : IPortListener
{
    // The largest UDP packet.
    private const int PacketBytesMax = 64 * 1024;

    private readonly Holding _place;
    private readonly Socket _socket;
    private readonly IPEndPoint _anyone;
    private readonly NodeAgentOptions _options;
    private readonly ServiceBudget _budget;
    private readonly ConcurrentDictionary<IPEndPoint, Session> _sessions = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SupervisedLoop _receiving;

    private UdpPortListener(
        Holding place, Socket socket, EndpointPicker picker, NodeAgentOptions options, ServiceBudget budget, TimeProvider time, ILogger logger)
    {
        _place = place;
        _socket = socket;
        _anyone = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        Picker = picker;
        _options = options;
        _budget = budget;
        _receiving = new SupervisedLoop("UDP port", ReceiveAsync, time, logger);
        _receiving.Signal();
    }

    /// <inheritdoc/>
    public EndpointPicker Picker { get; }

    /// <inheritdoc cref="TcpPortListener.Open"/>
    public static UdpPortListener Open(
        Listening at, Holding place, EndpointPicker picker, NodeAgentOptions options, ServiceBudget budget, TimeProvider time, ILogger logger)
    {
        var socket = place.Add(new Socket(at.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(at.Address, at.Port));
        return new UdpPortListener(place, socket, picker, options, budget, time, logger);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _receiving.DisposeAsync();
        foreach (var session in _sessions.Values)
            session.Place.Dispose();
        _place.Dispose();
    }

    private async Task<TimeSpan?> ReceiveAsync(CancellationToken cancellationToken)
    {
        // A port that waits holds no buffer.
        await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.Peek, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(PacketBytesMax);
        try
        {
            var received = await _socket.ReceiveFromAsync(buffer.AsMemory(0, PacketBytesMax), _anyone, cancellationToken);
            if (SessionOf((IPEndPoint)received.RemoteEndPoint) is { } session)
                session.Socket.Send(buffer.AsSpan(0, received.ReceivedBytes));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // UDP promises nothing: a packet that cannot be carried is lost. Whether the session is, its own reader finds out.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return TimeSpan.Zero;
    }

    private Session? SessionOf(IPEndPoint client)
    {
        if (_sessions.TryGetValue(client, out var known))
            return known;
        if (Picker.Candidates(client.Address) is not [var endpoint, ..] || _budget.TryTake(ProxyUse.Session) is not { } place)
            return null;
        try
        {
            // A full buffer loses the packet, as anywhere on its way, and holds up nobody else's.
            var socket = place.Add(new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false });
            socket.Connect(endpoint);
            var session = _sessions[client] = new Session(place, socket);
            _ = AnswerAsync(client, endpoint, session);
            return session;
        }
        catch (SocketException)
        {
            Picker.Failed(endpoint);
            place.Dispose();
            throw;
        }
    }

    private async Task AnswerAsync(IPEndPoint client, IPEndPoint endpoint, Session session)
    {
        try
        {
            while (await CarryAnswerAsync(client, session.Socket))
                Picker.Chosen(client.Address, endpoint);
        }
        catch (SocketException unreachable) when (unreachable.SocketErrorCode is SocketError.HostUnreachable or SocketError.NetworkUnreachable)
        {
            Picker.Failed(endpoint);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The session is idle, or its endpoint is gone: the client's next packet starts another one.
        }
        finally
        {
            _sessions.TryRemove(KeyValuePair.Create(client, session));
            session.Place.Dispose();
        }
    }

    /// <summary>Carries the next answer. A session that waits for one holds no buffer.</summary>
    private async Task<bool> CarryAnswerAsync(IPEndPoint client, Socket socket)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        idle.CancelWithin(_options.ProxyUdpIdleTimeout);
        await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.Peek, idle.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(PacketBytesMax);
        try
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(0, PacketBytesMax), idle.Token);
            await _socket.SendToAsync(buffer.AsMemory(0, count), client, _stopping.Token);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed record Session(Holding Place, Socket Socket);
}
