using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Forwards UDP packets between clients and endpoints. A client's packets go to one endpoint while its session lasts.</summary>
internal sealed class UdpPortListener : IPortListener
{
    // No UDP packet is larger.
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
        // Wait without a buffer until a packet arrives.
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
            // UDP may lose packets, so a failed packet is dropped. If the session itself is broken, AnswerAsync ends it.
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
            // If the socket's buffer is full, the packet is dropped, so that the packets of other clients need not wait.
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
            // The session was idle for too long, or its endpoint is gone. The client's next packet starts a new session.
        }
        finally
        {
            _sessions.TryRemove(KeyValuePair.Create(client, session));
            session.Place.Dispose();
        }
    }

    /// <summary>Forwards the next answer to the client. Rents the buffer only when an answer has arrived.</summary>
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
