using System.Buffers;
using System.Buffers.Binary;
using System.Net.Security;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>An open HTTP/2 connection over TLS that costs the client next to nothing: requests are prepared bytes, an answer is only
/// searched for its status and its end, and all requests that answers at hand give rise to are one write.</summary>
internal sealed class Http2Session : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;
    private const int ReceivedMax = 1 << 29;
    private const int ReadsMax = 8;
    private readonly SslStream _stream;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Http2Call> _calls = [];
    private readonly Queue<Http2Call> _held = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private ArrayBufferWriter<byte> _output = new(BufferBytes);
    private ArrayBufferWriter<byte> _sent = new(BufferBytes);
    private int _nextStream = 1;
    private long _window = Http2Frames.DefaultWindow;
    private int _received;
    private bool _isReading;
    private IOException? _failure;

    private Http2Session(SslStream stream) => _stream = stream;

    /// <summary>Whether it takes requests.</summary>
    public bool IsUsable => Volatile.Read(ref _failure) is null;

    /// <summary>Connects.</summary>
    /// <exception cref="IOException">The server cannot be reached.</exception>
    public static async Task<Http2Session> ConnectAsync(ApiTarget target)
    {
        var session = new Http2Session(await target.ConnectAsync(SslApplicationProtocol.Http2, CancellationToken.None));
        Http2Frames.WritePreface(session._output);
        await session.FlushAsync();
        _ = Task.Run(session.ReadAsync);
        return session;
    }

    /// <summary>Sends the request of a call, which is told what comes of it.</summary>
    public void Send(Http2Call call)
    {
        IOException? failure;
        bool isSentByReader;
        lock (_gate)
        {
            (failure, isSentByReader) = (_failure, _isReading);
            if (failure is null && call.Request.Body.Length > _window)
                _held.Enqueue(call);
            else if (failure is null)
                Append(call);
        }

        if (failure is not null)
            call.Fail(failure);
        else if (!isSentByReader)
            _ = FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _writing.Dispose();
    }

    private void Append(Http2Call call)
    {
        var stream = _nextStream;
        _nextStream += 2;
        _calls.Add(stream, call);
        _window -= call.Request.Body.Length;
        _output.Advance(call.Request.WriteFrames(_output.GetSpan(call.Request.FramesLength), call.Number, stream));
    }

    private async Task FlushAsync()
    {
        await _writing.WaitAsync();
        try
        {
            lock (_gate)
                (_output, _sent) = (_sent, _output);
            if (_sent.WrittenCount > 0)
                await _stream.WriteAsync(_sent.WrittenMemory);
            _sent.ResetWrittenCount();
        }
        catch (Exception failure)
        {
            End(failure);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[BufferBytes];
        var filled = 0;
        try
        {
            for (var reads = 1; ; reads++)
            {
                // What answers give rise to waits for those that are at hand, and not for an answer of megabytes.
                var reading = _stream.ReadAsync(buffer.AsMemory(filled));
                if (!reading.IsCompleted || reads % ReadsMax == 0)
                    await FlushWhatWasReadAsync();
                var count = await reading;
                if (count == 0)
                    throw new IOException("the server ended the connection");
                lock (_gate)
                    _isReading = true;
                filled += count;
                var used = ReadFrames(buffer.AsSpan(0, filled));
                buffer.AsSpan(used..filled).CopyTo(buffer);
                filled -= used;
            }
        }
        catch (Exception failure)
        {
            End(failure);
        }
    }

    private Task FlushWhatWasReadAsync()
    {
        lock (_gate)
            _isReading = false;
        return FlushAsync();
    }

    /// <summary>Reads all whole frames.</summary>
    /// <returns>How many bytes they are.</returns>
    private int ReadFrames(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (bytes.Length - used >= Http2Frames.HeadBytes)
        {
            var frame = bytes[used..];
            var lengthAndType = BinaryPrimitives.ReadUInt32BigEndian(frame);
            var length = (int)(lengthAndType >> 8);
            if (length > Http2Frames.PayloadMax)
                throw new IOException($"the server sent a frame of {length} bytes");
            if (frame.Length < Http2Frames.HeadBytes + length)
                break;
            var stream = BinaryPrimitives.ReadInt32BigEndian(frame[Http2Frames.StreamOffset..]) & int.MaxValue;
            Take((Http2FrameType)(byte)lengthAndType, (Http2Flags)frame[4], stream, frame.Slice(Http2Frames.HeadBytes, length));
            used += Http2Frames.HeadBytes + length;
        }

        return used;
    }

    private void Take(Http2FrameType type, Http2Flags flags, int stream, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Http2FrameType.Data:
                TakeData(flags, stream, payload);
                break;
            case Http2FrameType.Headers:
                TakeHeaders(flags, stream, payload);
                break;
            case Http2FrameType.Reset:
                Leave(stream)?.Fail(new IOException("the server gave up the request"));
                break;
            case Http2FrameType.Settings or Http2FrameType.Ping when !flags.HasFlag(Http2Flags.Acknowledged):
                lock (_gate)
                    Http2Frames.Write(_output, type, Http2Flags.Acknowledged, 0, type == Http2FrameType.Ping ? payload : []);
                break;
            case Http2FrameType.WindowUpdate when stream == 0:
                Widen(BinaryPrimitives.ReadInt32BigEndian(payload));
                break;
            case Http2FrameType.GoAway:
                // It answers what it has; more it does not take.
                lock (_gate)
                    _failure ??= new IOException("the server is going away");
                break;
        }
    }

    private void TakeHeaders(Http2Flags flags, int stream, ReadOnlySpan<byte> payload)
    {
        var block = WithoutPadding(flags, payload)[(flags.HasFlag(Http2Flags.Priority) ? 5 : 0)..];
        lock (_gate)
        {
            // Headers after the first ones tell nothing new, unless those were of an interim answer.
            if (_calls.TryGetValue(stream, out var call) && call.Status < 200)
                call.Status = Http2Frames.ReadStatus(block);
        }

        if (flags.HasFlag(Http2Flags.EndStream))
            Leave(stream)?.Complete();
    }

    private void TakeData(Http2Flags flags, int stream, ReadOnlySpan<byte> payload)
    {
        var bytes = WithoutPadding(flags, payload).Length;
        lock (_gate)
        {
            _received += payload.Length;
            if (_received >= ReceivedMax)
            {
                Http2Frames.WriteWindowUpdate(_output, _received);
                _received = 0;
            }

            if (_calls.TryGetValue(stream, out var call))
                call.BodyBytes += bytes;
        }

        if (flags.HasFlag(Http2Flags.EndStream))
            Leave(stream)?.Complete();
    }

    private static ReadOnlySpan<byte> WithoutPadding(Http2Flags flags, ReadOnlySpan<byte> payload) =>
        flags.HasFlag(Http2Flags.Padded) ? payload[1..^payload[0]] : payload;

    /// <summary>Ends a stream.</summary>
    /// <returns>Its call, which nobody else touches from now on.</returns>
    private Http2Call? Leave(int stream)
    {
        lock (_gate)
            return _calls.Remove(stream, out var call) ? call : null;
    }

    /// <summary>Sends what the server had no room for.</summary>
    private void Widen(int bytes)
    {
        lock (_gate)
        {
            _window += bytes;
            while (_held.TryPeek(out var call) && call.Request.Body.Length <= _window)
                Append(_held.Dequeue());
        }
    }

    private void End(Exception cause)
    {
        List<Http2Call> undecided;
        lock (_gate)
        {
            _failure ??= new IOException($"the connection was lost: {cause.Message}", cause);
            undecided = [.. _calls.Values, .. _held];
            _calls.Clear();
            _held.Clear();
        }

        _stream.Dispose();
        foreach (var call in undecided)
            call.Fail(_failure);
    }
}
