using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Asks one server, over UDP, and over TCP if the answer is too long for that.</summary>
/// <remarks>Each question has a port and a number of its own, both at random, so that nobody can answer in the server's place.</remarks>
/// <param name="timeout">How long the server may take.</param>
internal sealed class UpstreamClient(TimeSpan timeout)
{
    private const int LengthBytes = 2;
    // More than it is asked to send at once.
    private const int PacketBytesMax = 4096;

    /// <summary>Asks.</summary>
    /// <returns>Null if the server does not answer in time, or not this question.</returns>
    public async Task<UpstreamAnswer?> AskAsync(IPEndPoint server, UpstreamQuestion question, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelWithin(timeout);
        var request = Request(question);
        try
        {
            return await AskOverUdpAsync(server, request, question, limit.Token) ?? await AskOverTcpAsync(server, request, question, limit.Token);
        }
        catch (Exception exception) when (exception is SocketException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static byte[] Request(UpstreamQuestion question)
    {
        var message = new byte[LengthBytes + DnsQuery.HeadBytes + question.Question.Length + 11];
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)(message.Length - LengthBytes));
        var head = message.AsSpan(LengthBytes);
        RandomNumberGenerator.Fill(head[..2]);
        head[2] = 1;
        head[3] = (byte)(question.IsCheckingDisabled ? 0x10 : 0);
        head[5] = 1;
        head[11] = 1;
        question.Question.CopyTo(head[DnsQuery.HeadBytes..]);
        var extension = head[(DnsQuery.HeadBytes + question.Question.Length)..];
        BinaryPrimitives.WriteUInt16BigEndian(extension[1..], (ushort)RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(extension[3..], DnsQuery.PayloadBytesMax);
        extension[7] = (byte)(question.WantsSignatures ? 0x80 : 0);
        return message;
    }

    private static bool IsReply(ReadOnlySpan<byte> message, ReadOnlySpan<byte> request, UpstreamQuestion question) =>
        message.Length >= DnsQuery.HeadBytes && message[..2].SequenceEqual(request.Slice(LengthBytes, 2)) && UpstreamAnswer.IsAnswer(message, question.Question);

    /// <returns>Null if the answer is too long for UDP.</returns>
    private static async Task<UpstreamAnswer?> AskOverUdpAsync(IPEndPoint server, byte[] request, UpstreamQuestion question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(request.AsMemory(LengthBytes), cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(PacketBytesMax);
        try
        {
            // What is no answer to the question is somebody else's try.
            for (; ; )
            {
                var message = buffer.AsMemory(0, await socket.ReceiveAsync(buffer, cancellationToken));
                if (!IsReply(message.Span, request, question))
                    continue;
                if (UpstreamAnswer.IsTruncated(message.Span))
                    return null;
                if (UpstreamAnswer.Parse(message.Span, question.Question) is { } answer)
                    return answer;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<UpstreamAnswer?> AskOverTcpAsync(IPEndPoint server, byte[] request, UpstreamQuestion question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(request, cancellationToken);
        var length = new byte[LengthBytes];
        await stream.ReadExactlyAsync(length, cancellationToken);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return IsReply(message, request, question) ? UpstreamAnswer.Parse(message, question.Question) : null;
    }
}
