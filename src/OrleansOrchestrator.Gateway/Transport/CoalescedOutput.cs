using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace OrleansOrchestrator.Gateway.Transport;

/// <summary>
/// Coalesces the output of an HTTP/2 connection's streams. Kestrel encrypts and sends each stream's answer on its own. Here answers
/// that are ready together, such as those of writes in one commit, share a TLS record and a system call. No answer waits for others:
/// they are sent as soon as a thread is free.
/// </summary>
internal sealed class CoalescedOutput : IDuplexPipe
{
    private readonly IDuplexPipe _transport;
    private readonly Pipe _coalesced;

    private CoalescedOutput(IDuplexPipe transport, MemoryPool<byte> pool)
    {
        _transport = transport;
        _coalesced = new Pipe(new PipeOptions(
            pool, readerScheduler: PipeScheduler.ThreadPool, writerScheduler: PipeScheduler.Inline,
            minimumSegmentSize: BlockPool.BlockBytes, useSynchronizationContext: false));
    }

    public PipeReader Input => _transport.Input;

    public PipeWriter Output => _coalesced.Writer;

    /// <summary>Serves a connection. Coalesces its output if it may have several streams.</summary>
    public static Task ServeAsync(ConnectionContext connection, ConnectionDelegate next) =>
        connection.Features.Get<ITlsApplicationProtocolFeature>() is { } tls
        && tls.ApplicationProtocol.Span.SequenceEqual(SslApplicationProtocol.Http2.Protocol.Span)
            ? ServeCoalescedAsync(connection, next)
            : next(connection);

    private static async Task ServeCoalescedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var gathered = new CoalescedOutput(transport, connection.Features.GetRequiredFeature<IMemoryPoolFeature>().MemoryPool);
        connection.Transport = gathered;
        var sending = gathered.SendAsync();
        try
        {
            await next(connection);
        }
        finally
        {
            await gathered.Output.CompleteAsync();
            await sending;
            connection.Transport = transport;
        }
    }

    /// <summary>Sends until the output is complete or the connection has closed.</summary>
    private async Task SendAsync()
    {
        var (reader, output) = (_coalesced.Reader, _transport.Output);
        Exception? failure = null;
        try
        {
            ReadResult read;
            FlushResult sent;
            do
            {
                read = await reader.ReadAsync();
                foreach (var block in read.Buffer)
                    output.Write(block.Span);
                reader.AdvanceTo(read.Buffer.End);
                sent = await output.FlushAsync();
            }
            while (!read.IsCompleted && !sent.IsCompleted);
        }
        catch (Exception lost)
        {
            // The writer gets the failure as if it had sent by itself.
            failure = lost;
        }

        await reader.CompleteAsync(failure);
    }
}
