using System.Net.WebSockets;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Spdy;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>A SPDY connection within a WebSocket.</summary>
internal sealed class SpdySocket : IDisposable
{
    /// <summary>How long a caller may take for the end of a connection: some round trips.</summary>
    public static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private readonly WebSocket _socket;
    private readonly WebSocketStream _transport;
    private readonly TimeProvider _timeProvider;

    public SpdySocket(WebSocket socket, TimeProvider timeProvider)
    {
        (_socket, _timeProvider) = (socket, timeProvider);
        _transport = WebSocketStream.Create(socket, WebSocketMessageType.Binary);
        Connection = SpdyConnection.OfServer(_transport, timeProvider);
    }

    /// <summary>The connection.</summary>
    public SpdyConnection Connection { get; }

    /// <summary>Says that the connection ends, waits a moment for the other side's end, and then breaks it.</summary>
    /// <param name="running">Completes when nothing more comes.</param>
    public async Task CloseAsync(Task running)
    {
        using var limit = new CancellationTokenSource(CloseTime, _timeProvider);
        if (!running.IsCompleted)
            await Connection.TryGoAwayAsync(isError: false, limit.Token);
        await _socket.CloseAsync(running, _timeProvider);
    }

    public void Dispose()
    {
        Connection.Dispose();
        _transport.Dispose();
        _socket.Dispose();
    }
}
