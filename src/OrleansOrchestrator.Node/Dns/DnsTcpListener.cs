using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Answers queries over TCP, one after the other on each connection (RFC 7766). A connection that is idle is closed.</summary>
internal sealed class DnsTcpListener : IAsyncDisposable
{
    private const int Backlog = 128;
    private const int LengthBytes = 2;
    private const int QueryBytesMax = 4096;

    // As BIND: less than a client that is slow needs would cut it off.
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly DnsResponder _responder;
    private readonly DnsBudget _budget;
    private readonly CancellationTokenSource _stop = new();
    private readonly SupervisedLoop _accepting;

    private DnsTcpListener(Socket socket, DnsResponder responder, DnsBudget budget, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _responder = responder;
        _budget = budget;
        _accepting = new SupervisedLoop("DNS over TCP", AcceptAsync, time, logger);
        _accepting.Signal();
    }

    /// <inheritdoc cref="DnsUdpListener.Open"/>
    public static DnsTcpListener Open(IPEndPoint at, DnsResponder responder, DnsBudget budget, TimeProvider time, ILogger logger)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(at);
            socket.Listen(Backlog);
            return new DnsTcpListener(socket, responder, budget, time, logger);
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
        await _stop.CancelAsync();
        await _accepting.DisposeAsync();
        _socket.Dispose();
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
            // The client left before it was accepted.
            return TimeSpan.Zero;
        }

        if (AddressOf(client) is { } address && _budget.Connections.TryTake(address))
            _ = ServeAsync(client, address);
        else
            client.Dispose();
        return TimeSpan.Zero;
    }

    /// <summary>A client's address; null if it has left.</summary>
    private static IPAddress? AddressOf(Socket client)
    {
        try
        {
            return (client.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private async Task ServeAsync(Socket client, IPAddress address)
    {
        try
        {
            client.NoDelay = true;
            await using var stream = new NetworkStream(client, ownsSocket: true);
            while (await ServeNextAsync(stream))
            {
                // Until the client has no more queries.
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has closed, or says nothing. Either way the connection ends.
        }
        finally
        {
            client.Dispose();
            _budget.Connections.Return(address);
        }
    }

    /// <returns>Whether the connection goes on.</returns>
    private async Task<bool> ServeNextAsync(NetworkStream stream)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        idle.CancelWithin(IdleTime);

        // The buffers are there only while there is a query.
        var head = new byte[LengthBytes];
        if (await stream.ReadAtLeastAsync(head, LengthBytes, throwOnEndOfStream: false, idle.Token) < LengthBytes)
            return false;
        var packet = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        if (packet.Length > QueryBytesMax)
            return false;
        await stream.ReadExactlyAsync(packet, idle.Token);
        if (await AnswerAsync(packet) is not { Length: > 0 } answer)
            return false;
        await stream.WriteAsync(answer, idle.Token);
        return true;
    }

    /// <returns>The answer after its length; empty if there is none.</returns>
    private async Task<ReadOnlyMemory<byte>> AnswerAsync(byte[] packet)
    {
        var query = DnsQuery.Parse(packet, out var fault);
        if (query is null && fault == ReturnCode.NoError)
            return default;
        var buffer = new byte[LengthBytes + (query is null ? DnsQuery.HeadBytes : ushort.MaxValue)];
        var answer = buffer.AsMemory(LengthBytes);
        var length = query is null ? ResponseWriter.WriteFault(answer.Span, packet, fault)
            : _responder.TryAnswer(query, answer.Span, answer.Length, out var known) ? known
            : await _responder.AnswerAsync(query, answer, answer.Length);
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)length);
        return buffer.AsMemory(0, LengthBytes + length);
    }
}
