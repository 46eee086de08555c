using System.Net.WebSockets;

namespace OrleansOrchestrator.Model.Tunnels;

/// <summary>
/// The bytes of a WebSocket as a stream. It reads ahead once, to notice the first bytes, and the end of an unused tunnel.
/// </summary>
public sealed class TunnelStream : Stream
{
    // A TLS record.
    private const int BufferBytes = 16 * 1024;

    private readonly WebSocket _socket;
    private readonly byte[] _first = new byte[BufferBytes];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<int> _reading;
    private ReadOnlyMemory<byte>? _ahead;

    /// <summary>Takes ownership of a WebSocket, and closes it when disposed.</summary>
    public TunnelStream(WebSocket socket)
    {
        _socket = socket;
        _reading = ReceiveAsync(_first, CancellationToken.None).AsTask();
        _ = EndWithFirstReadAsync();
    }

    /// <summary>Completes when the first bytes have arrived. The result is false if the other side ended before.</summary>
    public async Task<bool> HasBegunAsync() => await _reading > 0;

    /// <summary>Completes when the tunnel has ended: it was disposed, or the other side closed before the first bytes.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _ahead ??= _first.AsMemory(0, await _reading.WaitAsync(cancellationToken));
        if (_ahead is { Length: > 0 } ahead)
        {
            var count = Math.Min(ahead.Length, buffer.Length);
            ahead[..count].CopyTo(buffer);
            _ahead = ahead[count..];
            return count;
        }

        // A zero-byte read only waits for data; the next read does that as well.
        return buffer.Length == 0 ? 0 : await ReceiveAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (Exception gone) when (gone is not OperationCanceledException && gone.IsGone())
        {
            throw new IOException("the tunnel has ended", gone);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
        // Every write has been sent.
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _socket.Abort();
            _socket.Dispose();
            _ended.TrySetResult();
        }

        base.Dispose(disposing);
    }

    private async Task EndWithFirstReadAsync()
    {
        if (await _reading == 0)
            _ended.TrySetResult();
    }

    // Whichever way the other side closes, there are no more bytes; TLS within the tunnel detects truncation.
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close)
                    return 0;
                if (part.Count > 0)
                    return part.Count;
            }
        }
        catch (Exception gone) when (gone is not OperationCanceledException && gone.IsGone())
        {
            return 0;
        }
    }
}
