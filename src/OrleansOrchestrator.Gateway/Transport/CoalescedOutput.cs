using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace OrleansOrchestrator.Gateway.Transport;

/// <summary>
/// Coalesces what the streams of an HTTP/2 connection have to send. Kestrel encrypts and sends the answer of each on its own;
/// here answers that are ready at the same time, as those of writes that were committed together, leave in one TLS record and
/// one call of the system. Nothing is kept waiting: they leave as soon as a thread is free for it.
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

    /// <summary>Serves a connection, whose output is coalesced if it may have several streams.</summary>
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

    /// <summary>Sends until there is nothing more, or nobody who takes it.</summary>
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
            // Whoever writes is told, as if he had sent it himself.
            failure = lost;
        }

        await reader.CompleteAsync(failure);
    }
}
