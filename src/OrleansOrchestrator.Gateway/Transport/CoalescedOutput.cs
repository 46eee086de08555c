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
    private readonly SslStream _encrypting;
    private readonly MemoryPool<byte> _pool;
    private readonly Pipe _coalesced;

    private CoalescedOutput(PipeReader input, SslStream encrypting, MemoryPool<byte> pool)
    {
        Input = input;
        _encrypting = encrypting;
        _pool = pool;
        _coalesced = new Pipe(new PipeOptions(
            pool, readerScheduler: PipeScheduler.ThreadPool, writerScheduler: PipeScheduler.Inline,
            minimumSegmentSize: BlockPool.BlockBytes, useSynchronizationContext: false));
    }

    public PipeReader Input { get; }

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
        var features = connection.Features;
        var coalesced = new CoalescedOutput(
            transport.Input, features.GetRequiredFeature<ISslStreamFeature>().SslStream, features.GetRequiredFeature<IMemoryPoolFeature>().MemoryPool);
        connection.Transport = coalesced;
        var sending = coalesced.SendAsync();
        try
        {
            await next(connection);
        }
        finally
        {
            await coalesced.Output.CompleteAsync();
            await sending;
            connection.Transport = transport;
        }
    }

    /// <summary>Sends until there is nothing more, or nobody who takes it.</summary>
    private async Task SendAsync()
    {
        var reader = _coalesced.Reader;
        Exception? failure = null;
        try
        {
            ReadResult read;
            do
            {
                read = await reader.ReadAsync();
                if (read.Buffer.IsSingleSegment)
                    await _encrypting.WriteAsync(read.Buffer.First);
                else
                    await EncryptAsync(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                await _encrypting.FlushAsync();
            }
            while (!read.IsCompleted);
        }
        catch (Exception lost)
        {
            // Whoever writes is told, as if he had sent it himself.
            failure = lost;
        }

        await reader.CompleteAsync(failure);
    }

    /// <summary>Encrypts blocks. A full one is a record, and is encrypted where it lies. Parts of blocks share records, since each costs both
    /// sides as much as thousands of its bytes.</summary>
    private async ValueTask EncryptAsync(ReadOnlySequence<byte> blocks)
    {
        using var shared = _pool.Rent();
        var record = shared.Memory;
        var filled = 0;
        foreach (var block in blocks)
        {
            if (filled > 0 && filled + block.Length > record.Length)
            {
                await _encrypting.WriteAsync(record[..filled]);
                filled = 0;
            }

            if (block.Length == record.Length)
            {
                await _encrypting.WriteAsync(block);
                continue;
            }

            block.CopyTo(record[filled..]);
            filled += block.Length;
        }

        if (filled > 0)
            await _encrypting.WriteAsync(record[..filled]);
    }
}
