using System.Net;
using System.Text.Json;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>Opens channels to a server, of one version of HTTP.</summary>
internal sealed class ApiClient(ApiTarget target, ClientKind kind, bool usesHttp2) : IAsyncDisposable
{
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

    public async ValueTask DisposeAsync()
    {
        _shared.Dispose();
        foreach (var connection in _connections)
            await connection.DisposeAsync();
    }

    private FrameworkChannel OpenFramework() => new(Target, _shared, UsesHttp2 ? HttpVersion.Version20 : HttpVersion.Version11);

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
