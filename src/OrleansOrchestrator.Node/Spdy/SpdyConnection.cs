using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Node.Spdy;

/// <summary>
/// One side of a SPDY/3.1 connection: the client opens streams, and the server replies. It reads only as fast as the streams are read,
/// and has no thread.
/// </summary>
/// <remarks>
/// Kubernetes' own library sends no window updates and heeds none, though the protocol asks for them: with it TCP alone makes the
/// sender wait. So this side heeds windows only if the other side uses them, and holds back a connection when a stream that it does
/// not read has a window of unread data. See https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/.
/// </remarks>
internal sealed class SpdyConnection : IDisposable
{
    /// <summary>The window of a stream as the protocol begins with it.</summary>
    public const int WindowBytes = 64 * 1024;

    /// <summary>The most data of one frame: a TLS record with all headers around it.</summary>
    public const int DataBytesMax = 16 * 1024 - 64;

    private static readonly Dictionary<string, string> NoHeaders = [];

    // Two for each of many forwarded connections.
    private const int StreamsMax = 1024;
    private const int ControlBytesMax = 32 * 1024;
    private const int ReadBytes = 16 * 1024;
    private const uint IdMask = 0x7fff_ffff;
    private const uint InitialWindowSetting = 7;

    // Traffic on a silent connection, by which a machine notices that the other one has gone.
    private static readonly TimeSpan PingPeriod = TimeSpan.FromSeconds(15);

    private readonly Stream _transport;
    private readonly PipeReader _reader;
    private readonly TimeProvider _timeProvider;
    private readonly HeaderReader _headers = new();
    private readonly HeaderWriter _written = new();
    private readonly ConcurrentDictionary<uint, SpdyStream> _streams = new();
    private readonly SendWindow _window = new(WindowBytes);
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly byte[] _output = new byte[FrameHeader.Bytes + ControlBytesMax];

    // The numbers of what the client begins are odd, those of the server even.
    private readonly uint _ownParity;

    private uint _lastId;
    private uint _lastOpened;
    private uint _lastPing;
    private int _windowBytes = WindowBytes;
    private int _unacknowledged;
    private volatile bool _usesWindows;

    private SpdyConnection(Stream transport, TimeProvider timeProvider, uint ownParity)
    {
        (_transport, _timeProvider, Ended) = (transport, timeProvider, _ended.Token);
        (_ownParity, _lastPing) = (ownParity, ownParity);
        _reader = PipeReader.Create(transport, new StreamPipeReaderOptions(bufferSize: ReadBytes, leaveOpen: true));
    }

    /// <summary>The side that replies.</summary>
    /// <param name="transport">The connection's bytes.</param>
    /// <param name="timeProvider">The clock.</param>
    public static SpdyConnection OfServer(Stream transport, TimeProvider timeProvider) => new(transport, timeProvider, 0);

    /// <summary>The side that opens streams.</summary>
    /// <param name="transport">The connection's bytes.</param>
    /// <param name="timeProvider">The clock.</param>
    public static SpdyConnection OfClient(Stream transport, TimeProvider timeProvider) => new(transport, timeProvider, 1);

    /// <summary>Cancelled when nothing more comes.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Reads until the other side ends the connection, or violates the protocol.</summary>
    /// <param name="accept">Takes a new stream; false refuses it.</param>
    /// <param name="cancellationToken">Ends the connection.</param>
    public async Task RunAsync(Func<SpdyStream, bool> accept, CancellationToken cancellationToken)
    {
        Exception fault = new IOException("the connection has ended");
        await using var pings = _timeProvider.CreateTimer(_ => _ = PingAsync(), null, PingPeriod, PingPeriod);
        try
        {
            while (await ReadHeaderAsync(cancellationToken) is { } header)
            {
                if (header.Type is null)
                    await ReceiveDataAsync(header, cancellationToken);
                else if (!await ReceiveControlAsync(header, accept, cancellationToken))
                    break;
            }
        }
        catch (SpdyException violation)
        {
            fault = violation;
            await TryGoAwayAsync(isError: true, cancellationToken);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            fault = new IOException("the connection is lost", gone);
        }
        finally
        {
            await _ended.CancelAsync();
            foreach (var stream in _streams.Values)
                stream.Break(fault);
        }
    }

    /// <summary>Opens a stream. One caller at a time, since the order of streams and of their headers counts.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    public async ValueTask<SpdyStream> OpenAsync(IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        const int fixedBytes = 10;
        var id = _lastOpened == 0 ? 2 - _ownParity : _lastOpened + 2;
        _lastOpened = id;
        var stream = new SpdyStream(this, id, headers, mayWrite: true, _windowBytes);
        _streams[id] = stream;
        var block = _written.Write(headers);
        var content = new byte[fixedBytes + block.Length];
        BinaryPrimitives.WriteUInt32BigEndian(content, id);
        block.CopyTo(content, fixedBytes);
        await SendAsync(new FrameHeader(FrameType.SynStream, 0, 0, content.Length), content, cancellationToken);
        return stream;
    }

    /// <summary>Tells the other side that no more streams are accepted.</summary>
    public async Task TryGoAwayAsync(bool isError, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(FrameType.GoAway, [_lastId, isError ? 1u : 0u], cancellationToken);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // The other side has gone.
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _reader.Complete();
        _headers.Dispose();
        _ended.Dispose();
        _sending.Dispose();
    }

    /// <summary>Takes a part of both windows of a stream; does not wait if the other side uses no windows.</summary>
    internal async ValueTask<int> TakeWindowAsync(SendWindow stream, int wanted, CancellationToken cancellationToken)
    {
        if (!_usesWindows)
        {
            stream.Overdraw(wanted);
            _window.Overdraw(wanted);
            return wanted;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Ended);
        try
        {
            var ofStream = await stream.TakeAsync(wanted, either.Token);
            var ofBoth = await _window.TakeAsync(ofStream, either.Token);
            stream.Add(ofStream - ofBoth);
            return ofBoth;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("the connection has ended");
        }
    }

    /// <summary>Sends data of a stream.</summary>
    internal ValueTask SendDataAsync(uint id, ReadOnlyMemory<byte> data, bool isLast, CancellationToken cancellationToken) => SendAsync(
        new FrameHeader(null, id, isLast ? FrameHeader.Fin : (byte)0, data.Length), data, cancellationToken);

    /// <summary>Lets the other side send more on a stream.</summary>
    internal ValueTask AcknowledgeAsync(uint id, int bytes, CancellationToken cancellationToken) =>
        SendAsync(FrameType.WindowUpdate, [id, (uint)bytes], cancellationToken);

    /// <summary>Drops what still comes for a stream.</summary>
    internal void Forget(SpdyStream stream) => _streams.TryRemove(KeyValuePair.Create(stream.Id, stream));

    private async Task PingAsync()
    {
        try
        {
            // One that cannot be sent at once is not needed: other frames are on their way.
            if (_sending.CurrentCount > 0)
                await SendAsync(FrameType.Ping, [_lastPing += 2], Ended);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // Reading ends as well.
        }
    }

    private async ValueTask<FrameHeader?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        var result = await _reader.ReadAtLeastAsync(FrameHeader.Bytes, cancellationToken);
        if (result.Buffer.Length < FrameHeader.Bytes)
            return null;
        var header = Read(result.Buffer);
        _reader.AdvanceTo(result.Buffer.GetPosition(FrameHeader.Bytes));
        return header;
    }

    private static FrameHeader Read(ReadOnlySequence<byte> buffer)
    {
        Span<byte> bytes = stackalloc byte[FrameHeader.Bytes];
        buffer.Slice(0, FrameHeader.Bytes).CopyTo(bytes);
        return FrameHeader.Read(bytes);
    }

    /// <summary>Hands data to its stream as it comes; that of an ended stream is dropped.</summary>
    private async Task ReceiveDataAsync(FrameHeader header, CancellationToken cancellationToken)
    {
        if (header.StreamId == 0 || header.StreamId > (IsOwn(header.StreamId) ? _lastOpened : _lastId))
            throw new SpdyException($"data of stream {header.StreamId}, which was never opened");
        var stream = _streams.GetValueOrDefault(header.StreamId);
        for (var left = header.Length; left > 0;)
        {
            var result = await _reader.ReadAsync(cancellationToken);
            var part = result.Buffer.Slice(0, Math.Min(left, result.Buffer.Length));
            if (part.IsEmpty && result.IsCompleted)
                throw new IOException("a frame is truncated");
            if (stream is not null)
                await stream.ReceiveAsync(part, cancellationToken);
            left -= (int)part.Length;
            _reader.AdvanceTo(part.End);
        }

        if (stream is null && header.Length > 0)
            await ResetAsync(header.StreamId, ResetReason.InvalidStream, cancellationToken);
        if ((header.Flags & FrameHeader.Fin) != 0)
            stream?.EndReceiving(null);

        // The windows of the streams are bounds enough.
        _unacknowledged += header.Length;
        if (_unacknowledged >= WindowBytes / 2)
        {
            await AcknowledgeAsync(0, _unacknowledged, cancellationToken);
            _unacknowledged = 0;
        }
    }

    /// <returns>False if the other side ends the connection.</returns>
    private async ValueTask<bool> ReceiveControlAsync(FrameHeader header, Func<SpdyStream, bool> accept, CancellationToken cancellationToken)
    {
        if (header.Length > ControlBytesMax)
            throw new SpdyException($"a control frame has {header.Length} bytes");

        // A read of nothing would wait for the next frame.
        var read = header.Length > 0 ? (await _reader.ReadAtLeastAsync(header.Length, cancellationToken)).Buffer : default;
        if (read.Length < header.Length)
            throw new IOException("a frame is truncated");
        var content = read.Slice(0, header.Length);
        switch (header.Type)
        {
            case FrameType.SynStream:
                await OpenAsync(header.Flags, content, accept, cancellationToken);
                break;
            case FrameType.SynReply or FrameType.Headers:
                // They say nothing. They must be read nevertheless, because those after them build on them.
                _headers.Read(content.Slice(Fixed(content, sizeof(uint))));
                break;
            case FrameType.RstStream when _streams.TryRemove(NumberAt(content, 0), out var reset):
                reset.Break(new IOException("the stream was reset"));
                break;
            case FrameType.Settings:
                ReadSettings(content);
                break;
            case FrameType.Ping when NumberAt(content, 0) is var id && !IsOwn(id):
                await SendAsync(FrameType.Ping, [id], cancellationToken);
                break;
            case FrameType.GoAway:
                return false;
            case FrameType.WindowUpdate:
                await OpenWindowAsync(NumberAt(content, 0) & IdMask, NumberAt(content, 4) & IdMask, cancellationToken);
                break;
        }

        if (header.Length > 0)
            _reader.AdvanceTo(content.End);
        return true;
    }

    private async ValueTask OpenAsync(byte flags, ReadOnlySequence<byte> content, Func<SpdyStream, bool> accept, CancellationToken cancellationToken)
    {
        var id = NumberAt(content, 0) & IdMask;
        var headers = _headers.Read(content.Slice(Fixed(content, 10)));
        if (IsOwn(id) || id == 0 || id <= _lastId)
            throw new SpdyException($"stream {id} follows stream {_lastId}");
        _lastId = id;
        var stream = new SpdyStream(this, id, headers, (flags & FrameHeader.Unidirectional) == 0, _windowBytes);
        if (_streams.Count >= StreamsMax)
        {
            await ResetAsync(id, ResetReason.RefusedStream, cancellationToken);
            return;
        }

        _streams[id] = stream;
        if ((flags & FrameHeader.Fin) != 0)
            stream.EndReceiving(null);

        // Data must not overtake the reply.
        await SendReplyAsync(id, cancellationToken);
        if (accept(stream))
            return;
        await ResetAsync(id, ResetReason.RefusedStream, cancellationToken);
        await stream.DisposeAsync();
    }

    private ValueTask SendReplyAsync(uint id, CancellationToken cancellationToken)
    {
        var block = _written.Write(NoHeaders);
        var content = new byte[sizeof(uint) + block.Length];
        BinaryPrimitives.WriteUInt32BigEndian(content, id);
        block.CopyTo(content, sizeof(uint));
        return SendAsync(new FrameHeader(FrameType.SynReply, 0, 0, content.Length), content, cancellationToken);
    }

    private bool IsOwn(uint id) => id % 2 == _ownParity;

    private ValueTask ResetAsync(uint id, ResetReason reason, CancellationToken cancellationToken) =>
        SendAsync(FrameType.RstStream, [id, (uint)reason], cancellationToken);

    private async ValueTask OpenWindowAsync(uint id, uint delta, CancellationToken cancellationToken)
    {
        _usesWindows = true;
        if (id == 0 && !_window.Add(delta))
            throw new SpdyException("the window of the connection is too large");
        if (_streams.TryGetValue(id, out var stream) && !stream.AddWindow(delta))
        {
            Forget(stream);
            stream.Break(new IOException("the window of the stream is too large"));
            await ResetAsync(id, ResetReason.FlowControlError, cancellationToken);
        }
    }

    /// <summary>Heeds the initial window, which also changes the windows of the streams that are open.</summary>
    private void ReadSettings(ReadOnlySequence<byte> content)
    {
        const int entryBytes = 8;
        var count = NumberAt(content, 0);
        if (content.Length != sizeof(uint) + ((long)count * entryBytes))
            throw new SpdyException("settings have a wrong length");
        for (var at = sizeof(uint); at < content.Length; at += entryBytes)
        {
            if ((NumberAt(content, at) & 0xff_ffff) != InitialWindowSetting)
                continue;
            var size = NumberAt(content, at + sizeof(uint));
            if (size > int.MaxValue)
                throw new SpdyException("the initial window is too large");
            _usesWindows = true;
            var delta = (long)size - _windowBytes;
            _windowBytes = (int)size;
            foreach (var stream in _streams.Values)
            {
                if (!stream.AddWindow(delta))
                    throw new SpdyException("the window of a stream is too large");
            }
        }
    }

    private async ValueTask SendAsync(FrameType type, uint[] numbers, CancellationToken cancellationToken)
    {
        var content = new byte[numbers.Length * sizeof(uint)];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(i * sizeof(uint)), numbers[i]);
        await SendAsync(new FrameHeader(type, 0, 0, content.Length), content, cancellationToken);
    }

    /// <summary>Sends a frame. Once it has begun only the end of the connection cancels it, since half a frame would break all streams;
    /// the wait for it can be cancelled.</summary>
    private async ValueTask SendAsync(FrameHeader header, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        header.Write(_output);
        content.CopyTo(_output.AsMemory(FrameHeader.Bytes));
        await SendOutputAsync(FrameHeader.Bytes + content.Length).WaitAsync(cancellationToken);
    }

    private async Task SendOutputAsync(int length)
    {
        try
        {
            await _transport.WriteAsync(_output.AsMemory(0, length), Ended);
            await _transport.FlushAsync(Ended);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            throw new IOException("the connection has ended", gone);
        }
        finally
        {
            _sending.Release();
        }
    }

    private static uint NumberAt(ReadOnlySequence<byte> content, int at)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        content.Slice(Fixed(content, at + sizeof(uint)) - sizeof(uint), sizeof(uint)).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>Checks that a frame has its fixed part.</summary>
    private static int Fixed(ReadOnlySequence<byte> content, int bytes) =>
        content.Length >= bytes ? bytes : throw new SpdyException("a control frame is too short");
}
