using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net.WebSockets;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>
/// Writes to a WebSocket like to a response body: each flush sends what was written. Writes are dropped if the client has gone.
/// </summary>
/// <param name="socket">The WebSocket.</param>
/// <param name="framing">How bytes become messages.</param>
/// <param name="breaking">Aborts a send, which breaks the connection. No other token may: a reply ends between messages.</param>
internal sealed class MessageWriter(WebSocket socket, MessageFraming framing, CancellationToken breaking) : PipeWriter
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
        cancellationToken.ThrowIfCancellationRequested();
        var isGone = false;
        try
        {
            await (framing == MessageFraming.Lines ? SendLinesAsync() : SendAsync(_written.WrittenMemory));
        }
        catch (Exception gone) when (gone.IsGone())
        {
            isGone = true;
        }

        _written.ResetWrittenCount();
        return new FlushResult(isCanceled: false, isCompleted: isGone);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
    }

    private async Task SendLinesAsync()
    {
        var rest = _written.WrittenMemory;
        for (var length = rest.Span.IndexOf((byte)'\n') + 1; length > 0; length = rest.Span.IndexOf((byte)'\n') + 1)
        {
            await socket.SendAsync(rest[..length], WebSocketMessageType.Text, endOfMessage: true, breaking);
            rest = rest[length..];
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        if (framing == MessageFraming.Binary)
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, breaking);
            return;
        }

        var encoded = ArrayPool<byte>.Shared.Rent(Base64.GetMaxEncodedToUtf8Length(message.Length));
        try
        {
            Base64.EncodeToUtf8(message.Span, encoded, out _, out var length);
            await socket.SendAsync(encoded.AsMemory(0, length), WebSocketMessageType.Text, endOfMessage: true, breaking);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(encoded);
        }
    }
}
