using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net.WebSockets;

namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>Writes to a WebSocket as to the body of a response: what is written goes out with the next flush.</summary>
internal sealed class MessageWriter(WebSocket socket, MessageFraming framing) : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _written = new();

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => _written.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => _written.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes) => _written.Advance(bytes);

    /// <inheritdoc/>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (framing == MessageFraming.Lines)
            await SendLinesAsync(cancellationToken);
        else
            await SendAsync(_written.WrittenMemory, cancellationToken);
        _written.ResetWrittenCount();
        return new FlushResult(isCanceled: false, isCompleted: false);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
    }

    private async Task SendLinesAsync(CancellationToken cancellationToken)
    {
        var rest = _written.WrittenMemory;
        for (var length = rest.Span.IndexOf((byte)'\n') + 1; length > 0; length = rest.Span.IndexOf((byte)'\n') + 1)
        {
            await socket.SendAsync(rest[..length], WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            rest = rest[length..];
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (framing == MessageFraming.Binary)
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            return;
        }

        var encoded = ArrayPool<byte>.Shared.Rent(Base64.GetMaxEncodedToUtf8Length(message.Length));
        try
        {
            Base64.EncodeToUtf8(message.Span, encoded, out _, out var length);
            await socket.SendAsync(encoded.AsMemory(0, length), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(encoded);
        }
    }
}
