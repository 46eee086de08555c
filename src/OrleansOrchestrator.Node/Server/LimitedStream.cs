namespace OrleansOrchestrator.Node.Server;

/// <summary>Passes on a bounded number of bytes, then ends the writer with a <see cref="LimitReachedException"/>. Flushes each
/// write.</summary>
internal sealed class LimitedStream(Stream inner, long? limitBytes) : Stream
{
    private long _left = limitBytes ?? long.MaxValue;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var part = buffer[..(int)Math.Min(buffer.Length, _left)];
        _left -= part.Length;
        await inner.WriteAsync(part, cancellationToken);
        await inner.FlushAsync(cancellationToken);
        if (_left == 0)
            throw new LimitReachedException();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Every write has been flushed.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
