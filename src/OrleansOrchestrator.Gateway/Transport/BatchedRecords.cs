using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace OrleansOrchestrator.Gateway.Transport;

/// <summary>
/// Sends the TLS records of one flush together. TLS writes each record of 16 KiB on its own, and Kestrel gives the system each write at once;
/// here the records wait for the flush that follows them, or until there are <see cref="BatchBytes"/> of them.
/// </summary>
/// <remarks>It stands between TLS and the socket. TLS flushes after its handshake messages and after all that it was given at once.</remarks>
internal sealed class BatchedRecords : PipeWriter, IDuplexPipe
{
    /// <summary>How many bytes wait at the most: what Kestrel lets wait for a socket before its writers have to.</summary>
    public const int BatchBytes = 64 * 1024;

    private readonly PipeWriter _output;

    private BatchedRecords(IDuplexPipe transport)
    {
        Input = transport.Input;
        _output = transport.Output;
    }

    public PipeReader Input { get; }

    public PipeWriter Output => this;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => _output.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => _output.UnflushedBytes;

    /// <summary>Serves a connection whose records are sent together.</summary>
    public static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        connection.Transport = new BatchedRecords(transport);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        _output.Write(source.Span);
        return _output.UnflushedBytes < BatchBytes ? default : _output.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => _output.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Advance(int bytes) => _output.Advance(bytes);

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => _output.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => _output.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => _output.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => _output.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => _output.CompleteAsync(exception);
}
