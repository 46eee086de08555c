using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using OrleansOrchestrator.Node.Spdy;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>The client's side of SPDY, as Kubernetes' library is one: it sends no window updates and heeds none.</summary>
internal sealed class SpdyClient : IAsyncDisposable
{
    private static readonly byte[] ZlibHeader = [0x78, 0x01];

    private readonly Stream _stream;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<uint, Received> _received = new();
    private readonly ConcurrentQueue<(FrameType Type, byte[] Content)> _control = new();
    private readonly Task _receiving;
    private uint _lastId = uint.MaxValue;
    private bool _hasBegun;

    public SpdyClient(Stream stream, bool reads = true)
    {
        _stream = stream;
        _receiving = reads ? ReceiveAsync() : Task.CompletedTask;
    }

    /// <summary>The control frames that have come.</summary>
    public IReadOnlyList<(FrameType Type, byte[] Content)> Control => [.. _control];

    /// <summary>Completes when the server has ended the connection.</summary>
    public Task Ended => _receiving;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens a connection to a node over a WebSocket.</summary>
    public static async Task<SpdyClient> OpenAsync(HttpMessageInvoker connections, TestNode node, string pathAndQuery, string protocol, bool reads = true)
    {
        // .NET does not accept the slash in the names of tunnelled SPDY as a subprotocol.
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri($"https://127.0.0.1:{node.Agent.Port}{pathAndQuery}"));
        (request.Version, request.VersionPolicy, request.Headers.Protocol) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact, "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", protocol);
        var response = (await connections.SendAsync(request, Cancellation)).EnsureSuccessStatusCode();
        response.Headers.GetValues("Sec-WebSocket-Protocol").ShouldBe([protocol]);
        var socket = WebSocket.CreateFromStream(await response.Content.ReadAsStreamAsync(Cancellation), new WebSocketCreationOptions());
        return new SpdyClient(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), reads);
    }

    /// <summary>The bytes of a stream.</summary>
    public byte[] BytesOf(uint id)
    {
        var received = Of(id);
        lock (received)
            return received.Bytes.ToArray();
    }

    public string TextOf(uint id) => Encoding.UTF8.GetString(BytesOf(id));

    /// <summary>Whether the server has ended its direction of a stream.</summary>
    public bool HasEnded(uint id) => Of(id).HasEnded;

    /// <summary>Why the server has reset a stream; null if it has not.</summary>
    public ResetReason? ResetOf(uint id) => Of(id).Reset;

    public Task SeesAsync(uint id, string text) => Eventually.HoldsAsync(() => TextOf(id).Contains(text, StringComparison.Ordinal), $"stream {id} says \"{text}\"");

    public Task EndsAsync(uint id) => Eventually.HoldsAsync(() => HasEnded(id) || ResetOf(id) is not null, $"stream {id} ends");

    /// <summary>Opens a stream and waits for the reply.</summary>
    public async Task<uint> OpenAsync(params (string Name, string Value)[] headers)
    {
        var id = await SendOpenAsync(headers);
        await Eventually.HoldsAsync(() => Of(id).IsReplied, $"stream {id} has a reply");
        return id;
    }

    /// <summary>Opens a stream.</summary>
    public async Task<uint> SendOpenAsync(params (string Name, string Value)[] headers)
    {
        _lastId = unchecked(_lastId + 2);
        byte[] content = [.. Number(_lastId), 0, 0, 0, 0, 0, 0, .. Block(headers)];
        await SendAsync(new FrameHeader(FrameType.SynStream, 0, 0, content.Length), content);
        return _lastId;
    }

    public Task SendAsync(uint id, ReadOnlyMemory<byte> data, bool isLast = false) =>
        SendAsync(new FrameHeader(null, id, isLast ? FrameHeader.Fin : (byte)0, data.Length), data);

    public Task SendAsync(uint id, string text, bool isLast = false) => SendAsync(id, Encoding.UTF8.GetBytes(text), isLast);

    /// <summary>Sends a control frame of numbers.</summary>
    public Task SendAsync(FrameType type, params uint[] numbers) =>
        SendAsync(new FrameHeader(type, 0, 0, numbers.Length * 4), numbers.SelectMany(Number).ToArray());

    /// <summary>Sends any bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _sending.WaitAsync(Cancellation);
        try
        {
            await _stream.WriteAsync(bytes, Cancellation);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _receiving;
    }

    public static byte[] Number(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    private byte[] Block((string Name, string Value)[] headers)
    {
        byte[] content = [.. Number((uint)headers.Length), .. headers.SelectMany(header => new[] { header.Name, header.Value }).SelectMany(text => (byte[])[.. Number((uint)text.Length), .. Encoding.UTF8.GetBytes(text)])];
        byte[] begin = _hasBegun ? [] : ZlibHeader;
        _hasBegun = true;
        return [.. begin, .. HeaderWriter.StoredBlock(content), .. HeaderWriter.StoredBlock([])];
    }

    private Task SendAsync(FrameHeader header, ReadOnlyMemory<byte> content)
    {
        var frame = new byte[FrameHeader.Bytes + content.Length];
        header.Write(frame);
        content.CopyTo(frame.AsMemory(FrameHeader.Bytes));
        return SendAsync(frame);
    }

    private Received Of(uint id) => _received.GetOrAdd(id, _ => new Received());

    private async Task ReceiveAsync()
    {
        var head = new byte[FrameHeader.Bytes];
        try
        {
            while (await _stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, CancellationToken.None) == head.Length)
            {
                var header = FrameHeader.Read(head);
                var content = new byte[header.Length];
                await _stream.ReadExactlyAsync(content, CancellationToken.None);
                Take(header, content);
            }
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The node, or this client, has gone.
        }
    }

    private void Take(FrameHeader header, byte[] content)
    {
        if (header.Type is { } type)
        {
            _control.Enqueue((type, content));
            if (type == FrameType.SynReply)
                Of(BinaryPrimitives.ReadUInt32BigEndian(content)).IsReplied = true;
            else if (type == FrameType.RstStream)
                Of(BinaryPrimitives.ReadUInt32BigEndian(content)).Reset = (ResetReason)BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(4));
            return;
        }

        var received = Of(header.StreamId);
        lock (received)
            received.Bytes.Write(content);
        if (header.Flags == FrameHeader.Fin)
            received.HasEnded = true;
    }

    private sealed class Received
    {
        public MemoryStream Bytes { get; } = new();

        public volatile bool IsReplied;

        public volatile bool HasEnded;

        public ResetReason? Reset { get; set; }
    }
}
