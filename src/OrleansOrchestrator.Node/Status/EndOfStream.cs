namespace OrleansOrchestrator.Node.Status;

/// <summary>Keeps the last bytes that are written to it.</summary>
internal sealed class EndOfStream(int bytesMax) : Stream
{
    private readonly MemoryStream _kept = new();

    /// <summary>The last bytes.</summary>
    public byte[] Content => _kept.ToArray();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _kept.Write(buffer);
        if (_kept.Length <= bytesMax)
            return;
        var rest = _kept.ToArray()[^bytesMax..];
        _kept.SetLength(0);
        _kept.Write(rest);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return default;
    }

    public override void Flush()
    {
        // Nothing is buffered.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
