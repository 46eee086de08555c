using System.Buffers;
using System.Net;
using System.Text.Json;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>Opens channels to a server, of one version of HTTP.</summary>
internal sealed class ApiClient(ApiTarget target, ClientKind kind, bool usesHttp2) : IAsyncDisposable
{
    private const int LineBufferBytes = 8 * 1024;

    private readonly HttpMessageInvoker _shared = FrameworkChannel.Share(target);
    private readonly List<Http2Connection> _connections = [];

    public ApiTarget Target { get; } = target;

    public bool UsesHttp2 { get; } = usesHttp2;

    public IApiChannel Open() => (kind, UsesHttp2) switch
    {
        (ClientKind.Lean, false) => new Http1Channel(Target),
        (ClientKind.Lean, true) => new Http2Channel(Join(), OpenFramework()),
        _ => OpenFramework(),
    };

    public RequestTemplate Request(string method, string path, string body = "", string contentType = "application/json") =>
        new(Target, method, path, body, contentType);

    /// <summary>Sends one request and expects one of some answers.</summary>
    /// <exception cref="IOException">It was answered otherwise.</exception>
    public async Task RequireAsync(RequestTemplate request, int number, params int[] statuses)
    {
        await using var channel = Open();
        var result = await channel.SendAsync(request, number);
        if (!statuses.Contains(result.Status))
            throw new IOException($"{request.Method} {request.PathOf(number)} was answered with {result.Status}");
    }

    /// <summary>The revision that a collection is at.</summary>
    public async Task<string> ReadRevisionAsync(string path)
    {
        using var response = await FrameworkChannel.GetAsync(
            Target, _shared, Request("GET", $"{path}?limit=1"), 0, HttpVersion.Version20, CancellationToken.None);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var list = await JsonDocument.ParseAsync(body);
        return list.RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
    }

    /// <summary>Sends a request and hands over each line of the answer as it comes, until it ends.</summary>
    /// <param name="request">The request.</param>
    /// <param name="opened">Is called when the answer begins.</param>
    /// <param name="line">Takes a line, without its end.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The connection was lost, or the request refused.</exception>
    public async Task ReadLinesAsync(RequestTemplate request, Action opened, LineHandler line, CancellationToken cancellationToken)
    {
        using var response = await FrameworkChannel.GetAsync(Target, _shared, request, 0, Version, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new IOException($"the watch was refused with {(int)response.StatusCode}");
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        opened();
        var buffer = ArrayPool<byte>.Shared.Rent(LineBufferBytes);
        try
        {
            var filled = 0;
            while (await body.ReadAsync(buffer.AsMemory(filled), cancellationToken) is > 0 and var count)
            {
                filled += count;
                var used = HandOver(buffer.AsSpan(0, filled), line);
                buffer.AsSpan(used..filled).CopyTo(buffer);
                filled -= used;
                if (filled < buffer.Length)
                    continue;
                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, filled).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _shared.Dispose();
        foreach (var connection in _connections)
            await connection.DisposeAsync();
    }

    private Version Version => UsesHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;

    private FrameworkChannel OpenFramework() => new(Target, _shared, Version);

    /// <summary>Hands over all whole lines.</summary>
    /// <returns>How many bytes they are.</returns>
    private static int HandOver(ReadOnlySpan<byte> bytes, LineHandler line)
    {
        var used = 0;
        while (bytes[used..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            line(bytes.Slice(used, length));
            used += length + 1;
        }

        return used;
    }

    private Http2Connection Join()
    {
        lock (_connections)
        {
            if (_connections.Find(static connection => connection.TryJoin()) is { } joined)
                return joined;
            _connections.Add(new Http2Connection(Target));
            _connections[^1].TryJoin();
            return _connections[^1];
        }
    }
}

/// <summary>Takes a line of an answer. Its bytes are gone afterwards.</summary>
internal delegate void LineHandler(ReadOnlySpan<byte> line);
