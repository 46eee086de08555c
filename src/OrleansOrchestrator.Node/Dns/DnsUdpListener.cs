using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Answers queries over UDP. What is known is answered by the loop that receives, without a task of its own.</summary>
internal sealed partial class DnsUdpListener : IAsyncDisposable
{
    private const int QueryBytesMax = 4096;

    // How many queries are answered before other loops of the process get a turn.
    private const int BatchMax = 128;

    // Bursts wait here while the process has no processor. The kernel caps it at net.core.rmem_max.
    private const int ReceiveBufferBytes = 1024 * 1024;

    private readonly Socket _socket;
    private readonly DnsResponder _responder;
    private readonly DnsBudget _budget;
    private readonly ILogger _logger;
    private readonly byte[] _query = new byte[QueryBytesMax];
    private readonly byte[] _answer = new byte[DnsQuery.PayloadBytesMax];
    private readonly SocketAddress _client;
    private readonly IPEndPoint _any;
    private readonly SupervisedLoop _receiving;
    private int _failed;

    private DnsUdpListener(Socket socket, DnsResponder responder, DnsBudget budget, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _responder = responder;
        _budget = budget;
        _logger = logger;
        _client = new SocketAddress(socket.AddressFamily);
        _any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        _receiving = new SupervisedLoop("DNS over UDP", ReceiveAsync, time, logger);
        _receiving.Signal();
    }

    /// <summary>Opens a port.</summary>
    /// <exception cref="SocketException">It cannot be opened.</exception>
    public static DnsUdpListener Open(IPEndPoint at, DnsResponder responder, DnsBudget budget, TimeProvider time, ILogger logger)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = ReceiveBufferBytes };
        try
        {
            socket.Bind(at);
            return new DnsUdpListener(socket, responder, budget, time, logger);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _receiving.DisposeAsync();
        _socket.Dispose();
    }

    private async Task<TimeSpan?> ReceiveAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < BatchMax; i++)
        {
            var count = await _socket.ReceiveFromAsync(_query, SocketFlags.None, _client, cancellationToken);
            try
            {
                Answer(_query.AsSpan(0, count));
            }
            catch (Exception fault)
            {
                // One query fails alone: its client asks again, or somebody else.
                Count(fault);
            }
        }

        return TimeSpan.Zero;
    }

    private void Answer(ReadOnlySpan<byte> packet)
    {
        if (DnsQuery.Parse(packet, out var fault) is not { } query)
        {
            if (fault != ReturnCode.NoError)
                Send(_answer.AsSpan(0, ResponseWriter.WriteFault(_answer, packet, fault)), _client);
            return;
        }

        if (_responder.TryAnswer(query, _answer, query.PayloadBytes, out var length))
        {
            Send(_answer.AsSpan(0, length), _client);
            return;
        }

        var address = ((IPEndPoint)_any.Create(_client)).Address;
        if (_budget.Questions.TryTake(address))
        {
            var client = new SocketAddress(_client.Family, _client.Size);
            _client.Buffer[.._client.Size].CopyTo(client.Buffer);
            _ = AnswerLaterAsync(query, client, address);
        }
        else
        {
            Send(_answer.AsSpan(0, DnsResponder.Refuse(query, _answer, query.PayloadBytes)), _client);
        }
    }

    private async Task AnswerLaterAsync(DnsQuery query, SocketAddress client, IPAddress address)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DnsQuery.PayloadBytesMax);
        try
        {
            var length = await _responder.AnswerAsync(query, buffer, query.PayloadBytes);
            Send(buffer.AsSpan(0, length), client);
        }
        catch (Exception fault)
        {
            Count(fault);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _budget.Questions.Return(address);
        }
    }

    private void Send(ReadOnlySpan<byte> answer, SocketAddress client)
    {
        try
        {
            _socket.SendTo(answer, SocketFlags.None, client);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // UDP may lose packets: the client is gone, or asks again.
        }
    }

    private void Count(Exception fault)
    {
        LoopInstruments.ObjectFailed("cluster DNS");
        if (int.IsPow2(Interlocked.Increment(ref _failed)))
            LogFailed(fault);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A DNS query could not be answered")]
    private partial void LogFailed(Exception exception);
}
