using System.Buffers;
using System.IO.Pipelines;

namespace OrleansOrchestrator.Node.Spdy;

/// <summary>One stream of a connection. One caller may read at a time, and one write.</summary>
internal sealed class SpdyStream : Stream
{
    private readonly SpdyConnection _connection;
    private readonly SendWindow _window;
    private readonly Pipe _received = new(new PipeOptions(
        pauseWriterThreshold: SpdyConnection.WindowBytes, resumeWriterThreshold: SpdyConnection.WindowBytes / 2, useSynchronizationContext: false));

    private int _unacknowledged;
    private volatile bool _mayWrite;
    private bool _hasEnded;
    private Exception? _fault;

    /// <param name="connection">Its connection.</param>
    /// <param name="id">Its number.</param>
    /// <param name="headers">The headers with which the other side has opened it.</param>
    /// <param name="mayWrite">Whether this side may write.</param>
    /// <param name="windowBytes">How much the other side takes at first.</param>
    public SpdyStream(SpdyConnection connection, uint id, IReadOnlyDictionary<string, string> headers, bool mayWrite, int windowBytes)
    {
        _connection = connection;
        (Id, Headers, _mayWrite) = (id, headers, mayWrite);
        _window = new SendWindow(windowBytes);
    }

    /// <summary>Its number.</summary>
    public uint Id { get; }

    /// <summary>The headers with which the other side has opened it.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <remarks>It returns 0 after the end of the other side's direction.</remarks>
    /// <exception cref="IOException">The stream was reset, or the connection is lost.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _received.Reader.ReadAsync(cancellationToken);
        var count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        if (count == 0 && result.IsCompleted && _fault is { } fault)
            throw new IOException(fault.Message, fault);
        var taken = result.Buffer.Slice(0, count);
        taken.CopyTo(buffer.Span);
        _received.Reader.AdvanceTo(taken.End);
        _unacknowledged += count;
        if (_unacknowledged >= SpdyConnection.WindowBytes / 2 && !result.IsCompleted)
        {
            await _connection.AcknowledgeAsync(Id, _unacknowledged, cancellationToken);
            _unacknowledged = 0;
        }

        return count;
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The stream was reset or ended, or the connection is lost.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var count = await _connection.TakeWindowAsync(_window, Math.Min(buffer.Length, SpdyConnection.DataBytesMax), cancellationToken);
            if (!_mayWrite)
                throw new IOException("the stream takes no more");
            await _connection.SendDataAsync(Id, buffer[..count], isLast: false, cancellationToken);
            buffer = buffer[count..];
        }
    }

    /// <summary>Ends this side's direction; the other one goes on.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_mayWrite)
            return;
        _mayWrite = false;
        await _connection.SendDataAsync(Id, ReadOnlyMemory<byte>.Empty, isLast: true, cancellationToken);
    }

    /// <summary>Takes received data, and waits while too much of it is unread. What comes after the end is dropped.</summary>
    internal async ValueTask ReceiveAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        foreach (var part in _hasEnded ? default : data)
            await _received.Writer.WriteAsync(part, cancellationToken);
    }

    /// <summary>Ends the other side's direction.</summary>
    /// <param name="fault">Why it ended too early; null for its proper end.</param>
    internal void EndReceiving(Exception? fault)
    {
        if (_hasEnded)
            return;

        // What came before can still be read.
        (_hasEnded, _fault) = (true, fault);
        _received.Writer.Complete();
    }

    /// <summary>Ends both directions.</summary>
    internal void Break(Exception fault)
    {
        _mayWrite = false;
        _window.Add(int.MaxValue);
        EndReceiving(fault);
    }

    /// <summary>Opens or closes the window into which this side writes.</summary>
    internal bool AddWindow(long delta) => _window.Add(delta);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Every write has been sent.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Forgets the stream: what still comes for it is dropped.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection.Forget(this);
            _received.Reader.Complete();
        }

        base.Dispose(disposing);
    }
}
