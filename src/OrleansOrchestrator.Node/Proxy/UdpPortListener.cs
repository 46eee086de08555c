using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Carries UDP packets between clients and endpoints. Packets of one client go to one endpoint while its flow lasts.</summary>
internal sealed class UdpPortListener : IPortListener
{
    private const int PacketBytesMax = 64 * 1024;

    private readonly Socket _socket;
    private readonly ServiceProxyOptions _options;
    private readonly ConnectionBudget _budget;
    private readonly ConcurrentDictionary<IPEndPoint, Socket> _flows = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _receiving;

    private UdpPortListener(Socket socket, EndpointPicker picker, ServiceProxyOptions options, ConnectionBudget budget)
    {
        _socket = socket;
        Picker = picker;
        _options = options;
        _budget = budget;
        _receiving = ReceiveAsync();
    }

    /// <inheritdoc/>
    public EndpointPicker Picker { get; }

    /// <summary>Opens a port.</summary>
    /// <exception cref="SocketException">The port cannot be opened.</exception>
    public static UdpPortListener Open(Listening at, EndpointPicker picker, ServiceProxyOptions options, ConnectionBudget budget)
    {
        var socket = new Socket(at.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(at.Address, at.Port));
            return new UdpPortListener(socket, picker, options, budget);
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
        await _receiving;
        foreach (var flow in _flows.Values)
            flow.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[PacketBytesMax];
        var anyone = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, anyone, _stopping.Token);
                var client = (IPEndPoint)received.RemoteEndPoint;
                if (FlowOf(client) is { } flow)
                    await flow.SendAsync(buffer.AsMemory(0, received.ReceivedBytes), _stopping.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException && _stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // UDP promises nothing: a packet that cannot be carried is lost.
            }
        }
    }

    private Socket? FlowOf(IPEndPoint client)
    {
        if (_flows.TryGetValue(client, out var flow))
            return flow;
        if (Picker.Candidates(client.Address) is not [var endpoint, ..] || !_budget.TryTake())
            return null;
        flow = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        flow.Connect(endpoint);
        Picker.Chosen(client.Address, endpoint);
        _flows[client] = flow;
        _ = AnswerAsync(client, flow);
        return flow;
    }

    private async Task AnswerAsync(IPEndPoint client, Socket flow)
    {
        var buffer = new byte[PacketBytesMax];
        try
        {
            while (true)
            {
                using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                idle.CancelAfter(_options.UdpIdleTimeout);
                var count = await flow.ReceiveAsync(buffer, idle.Token);
                await _socket.SendToAsync(buffer.AsMemory(0, count), client, _stopping.Token);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The flow is idle, or its endpoint is gone: the client's next packet starts another one.
        }
        finally
        {
            _flows.TryRemove(client, out _);
            flow.Dispose();
            _budget.Return();
        }
    }
}
