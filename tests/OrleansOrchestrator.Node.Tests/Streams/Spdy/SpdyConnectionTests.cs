using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using CsCheck;
using OrleansOrchestrator.Node.Spdy;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Streams.Spdy;

/// <summary>Both sides of SPDY: frames, windows, and bounds.</summary>
public sealed class SpdyConnectionTests : IAsyncDisposable
{
    private readonly ConcurrentDictionary<uint, SpdyStream> _opened = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SpdyConnection _server;
    private readonly SpdyClient _client;
    private readonly Pipe _toClient = new();
    private readonly Task _running;

    public SpdyConnectionTests()
    {
        var toServer = new Pipe();
        _client = new SpdyClient(new Duplex(_toClient.Reader.AsStream(), toServer.Writer.AsStream()));
        _server = SpdyConnection.OfServer(new Duplex(toServer.Reader.AsStream(), _toClient.Writer.AsStream()), TimeProvider.System);
        _running = _server.RunAsync(
            stream => !stream.Headers.ContainsKey("refuse") && _opened.TryAdd(stream.Id, stream), _stop.Token);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stream_InBothDirections_CarriesBytesAndEnds()
    {
        var id = await _client.OpenAsync(("Port", "80"));
        var stream = _opened[id];
        stream.Headers["port"].ShouldBe("80");
        await _client.SendAsync(id, "ques");
        await _client.SendAsync(id, "tion", isLast: true);
        (await new StreamReader(stream).ReadToEndAsync(Cancellation)).ShouldBe("question");

        await stream.WriteAsync("answer"u8.ToArray(), Cancellation);
        await stream.CompleteAsync(Cancellation);
        await _client.EndsAsync(id);
        _client.TextOf(id).ShouldBe("answer");
        await Should.ThrowAsync<IOException>(async () => await stream.WriteAsync("more"u8.ToArray(), Cancellation));
    }

    [Fact]
    public async Task Client_OfManyStreams_TalksOnEach()
    {
        var (up, down) = (new Pipe(), new Pipe());
        using var server = SpdyConnection.OfServer(new Duplex(up.Reader.AsStream(), down.Writer.AsStream()), TimeProvider.System);
        using var client = SpdyConnection.OfClient(new Duplex(down.Reader.AsStream(), up.Writer.AsStream()), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var serving = server.RunAsync(stream => EchoAsync(stream) is not null, stop.Token);
        var asking = client.RunAsync(static _ => false, stop.Token);

        foreach (var name in new[] { "one", "two", "three" })
        {
            await using var stream = await client.OpenAsync(new Dictionary<string, string> { ["name"] = name }, Cancellation);
            await stream.WriteAsync("question"u8.ToArray(), Cancellation);
            await stream.CompleteAsync(Cancellation);
            (await new StreamReader(stream).ReadToEndAsync(Cancellation)).ShouldBe($"{name}: question");
        }

        await stop.CancelAsync();
        await Task.WhenAll(serving, asking);

        static async Task EchoAsync(SpdyStream stream)
        {
            var text = await new StreamReader(stream).ReadToEndAsync(CancellationToken.None);
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"{stream.Headers["name"]}: {text}"), CancellationToken.None);
            await stream.CompleteAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Ping_OfTheClient_IsAnswered()
    {
        await _client.SendAsync(FrameType.Ping, 7);
        await _client.SendAsync(FrameType.Ping, 2);
        await _client.SendAsync(FrameType.Ping, 9);
        await Eventually.HoldsAsync(() => _client.Control.Count == 2, "both are answered");
        _client.Control.ShouldAllBe(frame => frame.Type == FrameType.Ping);
        _client.Control.Select(frame => (int)frame.Content[3]).ShouldBe([7, 9], "the even one would be an answer");
    }

    [Fact]
    public async Task Stream_ThatIsRefusedOrTooMany_IsReset()
    {
        var refused = await _client.SendOpenAsync(("refuse", "1"));
        await _client.EndsAsync(refused);
        _client.ResetOf(refused).ShouldBe(ResetReason.RefusedStream);

        uint last = 0;
        for (var i = 0; i < 1025; i++)
            last = await _client.SendOpenAsync();
        await _client.EndsAsync(last);
        _client.ResetOf(last).ShouldBe(ResetReason.RefusedStream);
        _opened.Count.ShouldBe(1024);

        await _opened[3].DisposeAsync();
        await _client.SendAsync(3, "for nobody");
        await _client.EndsAsync(3);
        _client.ResetOf(3).ShouldBe(ResetReason.InvalidStream);
        await _client.OpenAsync();
    }

    [Fact]
    public async Task Stream_ThatTheClientResets_Breaks()
    {
        var id = await _client.OpenAsync();
        var reading = _opened[id].ReadAsync(new byte[10], Cancellation);
        await _client.SendAsync(FrameType.RstStream, id, (uint)ResetReason.Cancel);
        await Should.ThrowAsync<IOException>(async () => await reading);
        await Should.ThrowAsync<IOException>(async () => await _opened[id].WriteAsync(new byte[10], Cancellation));
        await _client.OpenAsync();
    }

    [Fact]
    public async Task Writer_WhoseClientUsesWindows_StaysWithinThem()
    {
        await _client.SendAsync(FrameType.WindowUpdate, 0, 1_000_000);
        var (one, other) = (await _client.OpenAsync(), await _client.OpenAsync());
        var writing = _opened[one].WriteAsync(new byte[200_000], Cancellation).AsTask();
        await Eventually.IsAsync(() => _client.BytesOf(one).Length, SpdyConnection.WindowBytes, "it has filled the window");
        await _opened[other].WriteAsync("not held up"u8.ToArray(), Cancellation);
        await _client.SeesAsync(other, "not held up");
        writing.IsCompleted.ShouldBeFalse();
        _client.BytesOf(one).Length.ShouldBe(SpdyConnection.WindowBytes);

        await _client.SendAsync(FrameType.WindowUpdate, one, 1000);
        await Eventually.IsAsync(() => _client.BytesOf(one).Length, SpdyConnection.WindowBytes + 1000, "it goes on");
        await _client.SendAsync(FrameType.Settings, 1, 7, SpdyConnection.WindowBytes + 50_000);
        await Eventually.IsAsync(() => _client.BytesOf(one).Length, SpdyConnection.WindowBytes + 51_000, "a larger initial window counts for open streams");
        await _client.SendAsync(FrameType.WindowUpdate, one, 1_000_000);
        await writing;
    }

    [Fact]
    public async Task Writer_WhoseClientUsesNoWindows_IsNotHeldUp()
    {
        var id = await _client.OpenAsync();
        await _opened[id].WriteAsync(new byte[1_000_000], Cancellation);
        await Eventually.IsAsync(() => _client.BytesOf(id).Length, 1_000_000, "all has come");
    }

    [Fact]
    public async Task Writer_WhenTheConnectionEnds_IsNotLeftWaiting()
    {
        await _client.SendAsync(FrameType.Settings, 1, 7, 0);
        var id = await _client.OpenAsync();
        var writing = _opened[id].WriteAsync(new byte[10], Cancellation).AsTask();
        await _client.SendAsync(FrameType.GoAway, 0, 0);
        await Should.ThrowAsync<IOException>(() => writing);
        await _running;
    }

    [Fact]
    public async Task Reader_OfMuchData_LetsTheClientSendMore()
    {
        var id = await _client.OpenAsync();
        var sending = _client.SendAsync(id, new byte[300_000], isLast: true);
        var buffer = new byte[10_000];
        long sum = 0;
        while (await _opened[id].ReadAsync(buffer, Cancellation) is > 0 and var count)
            sum += count;
        await sending;
        sum.ShouldBe(300_000);
        await Eventually.HoldsAsync(() => Updates(id) is >= 200_000 and <= 300_000 && Updates(0) is >= 200_000 and <= 300_000, "both windows were opened again");
    }

    [Fact]
    public async Task Stream_ThatNobodyReads_HoldsItsClientBack()
    {
        var id = await _client.OpenAsync();
        var sent = 0;
        var sending = SendAllAsync();
        int before;
        do
        {
            before = Volatile.Read(ref sent);
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancellation));
        }
        while (Volatile.Read(ref sent) != before);
        before.ShouldBeLessThan(3 * SpdyConnection.WindowBytes);

        await _opened[id].DisposeAsync();
        await sending;

        async Task SendAllAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                await _client.SendAsync(id, new byte[10_000]);
                Interlocked.Add(ref sent, 10_000);
            }
        }
    }

    [Theory]
    [InlineData("0000000100000004", "data of a stream that was never opened")]
    [InlineData("8002000600000004", "version 2")]
    [InlineData("8003000601ffffff", "a control frame of 16 MB")]
    [InlineData("8003000600000000", "a ping without a number")]
    [InlineData("800300010000000a00000002000000000000", "an even stream")]
    [InlineData("8003000400000004ffffffff", "settings of a wrong length")]
    public async Task Frame_ThatViolatesTheProtocol_EndsTheConnection(string frame, string what)
    {
        await _client.SendAsync(Convert.FromHexString(frame));
        await _running.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await Eventually.HoldsAsync(() => _client.Control.Count > 0, what);
        var (type, content) = _client.Control[^1];
        (type, content[7]).ShouldBe((FrameType.GoAway, (byte)1));
    }

    /// <summary>Whatever a client sends, cut wherever: each stream gets its bytes in order.</summary>
    [Fact]
    public Task Frames_InAnyOrderCutAnywhere_AreReadAlike() =>
        Gen.Select(Gen.Select(Gen.Int[0, 9], Gen.Int[1, 4], Gen.Byte.Array[0, 300]).List[1, 30], Gen.Int[1, 50].List[1, 20]).SampleAsync(async (moves, cuts) =>
        {
            var recorded = new MemoryStream();
            var expected = new SortedDictionary<uint, StringBuilder>();
            var ended = new HashSet<uint>();
            await using (var client = new SpdyClient(new Duplex(Stream.Null, recorded)))
            {
                foreach (var (kind, which, bytes) in moves)
                {
                    if (kind == 0 || expected.Count == 0)
                        expected[await client.SendOpenAsync(("a", Convert.ToHexString(bytes)))] = new StringBuilder();
                    else if (kind == 1)
                        await client.SendAsync(FrameType.Ping, (uint)((2 * which) + 1));
                    else if (kind == 2)
                        await client.SendAsync(FrameType.WindowUpdate, (uint)which, 1);
                    else if (kind == 3)
                        await client.SendAsync((FrameType)(20 + which), [.. bytes.Select(b => (uint)b)]);
                    else if (expected.Keys.ElementAt(which % expected.Count) is var id && !ended.Contains(id))
                        await SendAsync(client, id, bytes, kind == 4);
                }

                async Task SendAsync(SpdyClient to, uint id, byte[] bytes, bool isLast)
                {
                    await to.SendAsync(id, bytes, isLast);
                    expected[id].Append(Convert.ToHexString(bytes));
                    if (isLast)
                        ended.Add(id);
                }
            }

            var streams = new SortedDictionary<uint, Task<string>>();
            using var server = SpdyConnection.OfServer(new Duplex(new CutStream(recorded.ToArray(), cuts), Stream.Null), TimeProvider.System);
            await server.RunAsync(
                stream =>
                {
                    streams[stream.Id] = ReadAllAsync(stream);
                    return true;
                },
                Cancellation);
            foreach (var (id, content) in expected)
                (await streams[id]).ShouldBe(content.ToString());
        }, iter: 300);

    [Fact]
    public Task Bytes_OfAnyKind_EndTheConnectionInOrder() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 12], Gen.Int[1, 50].List[1, 5]).SampleAsync(async (bytes, type, cuts) =>
        {
            if (bytes.Length > 8 && type < 10)
                Convert.FromHexString($"800300{type:x2}000000").CopyTo(bytes, 0);
            using var server = SpdyConnection.OfServer(new Duplex(new CutStream(bytes, cuts), Stream.Null), TimeProvider.System);
            await server.RunAsync(_ => true, Cancellation);
        }, iter: 3000);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _server.Dispose();
        await _toClient.Writer.CompleteAsync();
        await _client.Ended;
        await _client.DisposeAsync();
        _stop.Dispose();
    }

    private long Updates(uint id) => _client.Control.Where(frame => frame.Type == FrameType.WindowUpdate)
        .Select(frame => (Id: System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.Content), Delta: System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.Content.AsSpan(4))))
        .Where(update => update.Id == id).Sum(update => update.Delta);

    /// <summary>Reads to the end, or to where the connection ended.</summary>
    private static async Task<string> ReadAllAsync(SpdyStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[100];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var count)
                text.Append(Convert.ToHexString(buffer.AsSpan(0, count)));
        }
        catch (IOException)
        {
            // The client has not ended this stream.
        }

        return text.ToString();
    }

    private sealed class Duplex(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            input.Dispose();
            output.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Bytes that arrive in pieces.</summary>
    private sealed class CutStream(byte[] bytes, List<int> cuts) : MemoryStream(bytes)
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, cuts[_reads++ % cuts.Count])], cancellationToken);
    }
}
