using System.Buffers.Text;
using System.Buffers;
using System.Net.WebSockets;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>The channels of a WebSocket. One caller may receive at a time; any number may send.</summary>
internal sealed class ChannelSocket(WebSocket socket, ChannelProtocol protocol, TimeProvider timeProvider) : IChannels
{
    // A base64 message is decoded as a whole; other messages are passed on as they arrive.
    private const int MessageBytesMax = 1024 * 1024;
    private const int BufferBytes = 32 * 1024;

    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _buffer = new byte[BufferBytes];
    private Channel _channel;
    private bool _isInside;

    /// <inheritdoc/>
    public ChannelProtocol Protocol { get; } = protocol;

    /// <inheritdoc/>
    public async ValueTask SendAsync(Channel channel, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var size = 1 + (Protocol.IsBase64 ? Base64.GetMaxEncodedToUtf8Length(content.Length) : content.Length);
        var message = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            message[0] = Protocol.IsBase64 ? (byte)('0' + (int)channel) : (byte)channel;
            if (Protocol.IsBase64)
                Base64.EncodeToUtf8(content.Span, message.AsSpan(1), out _, out _);
            else
                content.Span.CopyTo(message.AsSpan(1));
            await _sending.WaitAsync(cancellationToken);
            try
            {
                var type = Protocol.IsBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
                await socket.SendAsync(message.AsMemory(0, size), type, endOfMessage: true, cancellationToken);
            }
            finally
            {
                _sending.Release();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="WebSocketException">The connection is broken, or the message violates the protocol.</exception>
    public async ValueTask<ChannelPart?> ReceiveAsync() => Protocol.IsBase64 ? await ReceiveTextAsync() : await ReceivePartAsync();

    /// <inheritdoc/>
    public Task CloseAsync(Task receiving) => socket.CloseAsync(receiving, timeProvider);

    /// <inheritdoc/>
    public void Dispose()
    {
        _sending.Dispose();
        socket.Dispose();
    }

    private async ValueTask<ChannelPart?> ReceivePartAsync()
    {
        while (true)
        {
            var result = await socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None);
            if (result.MessageType == WebSocketMessageType.Close)
                return null;
            var part = _buffer.AsMemory(0, result.Count);
            if (!_isInside && part.Length > 0)
            {
                _channel = (Channel)part.Span[0];
                part = part[1..];
                _isInside = true;
            }

            if (result.EndOfMessage)
                _isInside = false;
            if (part.Length > 0)
                return new ChannelPart(_channel, part);
        }
    }

    private async ValueTask<ChannelPart?> ReceiveTextAsync()
    {
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                if (length == _buffer.Length)
                    Grow();
                result = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
                length += result.Count;
            }
            while (!result.EndOfMessage && result.MessageType != WebSocketMessageType.Close);
            if (result.MessageType == WebSocketMessageType.Close)
                return null;
            if (length < 2)
                continue;
            if (Base64.DecodeFromUtf8InPlace(_buffer.AsSpan(1, length - 1), out var decoded) != OperationStatus.Done)
                throw new WebSocketException(WebSocketError.InvalidMessageType, "a message is not base64");
            return new ChannelPart((Channel)(_buffer[0] - '0'), _buffer.AsMemory(1, decoded));
        }
    }

    private void Grow()
    {
        if (_buffer.Length >= MessageBytesMax)
            throw new WebSocketException(WebSocketError.InvalidMessageType, $"a message is larger than {MessageBytesMax} bytes");
        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, MessageBytesMax));
    }
}
