using System.Net.WebSockets;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime.Sessions;
using OrleansOrchestrator.Node.Spdy;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>The channels of a session as streams of a SPDY connection, which the caller opens.</summary>
internal sealed class SpdyChannels : IChannels
{
    private const string TypeHeader = "streamtype";
    private const int InputBytes = 16 * 1024;
    private const int ResizeBytes = 1024;

    // As the kubelet.
    private static readonly TimeSpan OpeningTime = TimeSpan.FromSeconds(30);

    private static readonly byte[] EndOfInput = [(byte)Channel.Stdin];

    private readonly SpdySocket _socket;
    private readonly TimeProvider _timeProvider;
    private readonly Task _running;
    private readonly Dictionary<Channel, SpdyStream?> _streams;
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _input = new byte[InputBytes];
    private readonly byte[] _resizes = new byte[ResizeBytes];
    private Task<int>? _readingInput;
    private Task<int>? _readingResizes;
    private int _resizesLength;

    private SpdyChannels(
        SpdySocket socket, SessionRequest request, ChannelProtocol protocol, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        (_socket, _timeProvider, Protocol) = (socket, timeProvider, protocol);
        _streams = Expected(request, protocol).ToDictionary(channel => channel, _ => (SpdyStream?)null);
        _running = socket.Connection.RunAsync(Accept, cancellationToken);
    }

    /// <inheritdoc/>
    public ChannelProtocol Protocol { get; }

    /// <summary>Waits for the streams of a session.</summary>
    /// <returns>The channels; null if the caller has gone or does not open the streams.</returns>
    public static async Task<SpdyChannels?> OpenAsync(
        WebSocket socket, SessionRequest request, ChannelProtocol protocol, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var channels = new SpdyChannels(new SpdySocket(socket, timeProvider), request, protocol, timeProvider, cancellationToken);
        await Task.WhenAny(channels._complete.Task, channels._running).CompletesWithinAsync(OpeningTime, timeProvider, cancellationToken);
        if (channels._complete.Task.IsCompleted)
            return channels;
        await channels.CloseAsync(channels._running);
        channels.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(Channel channel, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        StreamOf(channel)?.WriteAsync(content, cancellationToken) ?? default;

    /// <inheritdoc/>
    public async ValueTask<ChannelPart?> ReceiveAsync()
    {
        try
        {
            while (true)
            {
                if (TakeResize() is { } size)
                    return size;
                _readingInput ??= ReadAsync(Channel.Stdin, _input);
                _readingResizes ??= ReadAsync(Channel.Resize, _resizes.AsMemory(_resizesLength));
                await Task.WhenAny(_running, _readingInput, _readingResizes);
                if (_readingInput.IsCompleted)
                    return await TakeInputAsync(_readingInput);
                if (_readingResizes.IsCompleted)
                    await TakeSizesAsync(_readingResizes);
                else
                    return null;
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task CloseAsync(Task receiving)
    {
        using var limit = new CancellationTokenSource(SpdySocket.CloseTime, _timeProvider);
        foreach (var stream in _streams.Values.OfType<SpdyStream>())
        {
            try
            {
                await stream.CompleteAsync(limit.Token);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // The caller has gone, or does not take the end.
            }
        }

        await _socket.CloseAsync(_running);
        await receiving;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stream in _streams.Values)
            stream?.Dispose();
        _socket.Dispose();
    }

    private static IEnumerable<Channel> Expected(SessionRequest request, ChannelProtocol protocol)
    {
        yield return Channel.Error;
        if (request.Stdin)
            yield return Channel.Stdin;
        if (request.Stdout)
            yield return Channel.Stdout;
        if (request.Stderr)
            yield return Channel.Stderr;
        if (request.Tty && protocol.Resizes)
            yield return Channel.Resize;
    }

    /// <summary>Takes the streams that the session has, each once.</summary>
    private bool Accept(SpdyStream stream)
    {
        Channel? channel = stream.Headers.GetValueOrDefault(TypeHeader) switch
        {
            "stdin" => Channel.Stdin,
            "stdout" => Channel.Stdout,
            "stderr" => Channel.Stderr,
            "error" => Channel.Error,
            "resize" => Channel.Resize,
            _ => null,
        };
        if (channel is not { } known)
            return false;
        lock (_streams)
        {
            if (!_streams.TryGetValue(known, out var earlier) || earlier is not null)
                return false;
            _streams[known] = stream;
            if (_streams.Values.All(opened => opened is not null))
                _complete.TrySetResult();
            return true;
        }
    }

    private SpdyStream? StreamOf(Channel channel)
    {
        lock (_streams)
            return _streams.GetValueOrDefault(channel);
    }

    private Task<int> ReadAsync(Channel channel, Memory<byte> buffer) =>
        StreamOf(channel)?.ReadAsync(buffer).AsTask() ?? new TaskCompletionSource<int>().Task;

    private async ValueTask<ChannelPart> TakeInputAsync(Task<int> reading)
    {
        var count = await reading;
        _readingInput = count > 0 ? null : new TaskCompletionSource<int>().Task;
        return count > 0 ? new ChannelPart(Channel.Stdin, _input.AsMemory(0, count)) : new ChannelPart(Channel.Close, EndOfInput);
    }

    private async ValueTask TakeSizesAsync(Task<int> reading)
    {
        var count = await reading;
        _resizesLength += count;

        // A text of this length is no size.
        if (_resizesLength == ResizeBytes)
            _resizesLength = 0;
        _readingResizes = count > 0 ? null : new TaskCompletionSource<int>().Task;
    }

    /// <summary>The newest of the received sizes, of which each is an object; null if there is none.</summary>
    private ChannelPart? TakeResize()
    {
        var received = _resizes.AsSpan(0, _resizesLength);
        var end = received.LastIndexOf((byte)'}');
        var start = end < 0 ? -1 : received[..end].LastIndexOf((byte)'{');
        if (start < 0 || _readingResizes is { IsCompleted: false })
            return null;
        var size = received[start..(end + 1)].ToArray();
        received[(end + 1)..].CopyTo(received);
        _resizesLength -= end + 1;
        return new ChannelPart(Channel.Resize, size);
    }
}
