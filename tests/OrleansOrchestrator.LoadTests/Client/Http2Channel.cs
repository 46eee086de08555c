using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>HTTP/2 over connections that all channels of a handler share, as client libraries of Kubernetes do.</summary>
internal sealed class Http2Channel(ApiTarget target, HttpMessageInvoker shared) : IApiChannel
{
    private readonly byte[] _buffer = new byte[32 * 1024];

    /// <summary>What channels share: each connection carries as many requests as the server lets it.</summary>
    public static HttpMessageInvoker Share(ApiTarget target) => new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        SslOptions = target.TlsOptions(SslApplicationProtocol.Http2),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        InitialHttp2StreamWindowSize = 1024 * 1024,
    });

    public async ValueTask<CallResult> SendAsync(RequestTemplate request, int number, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(request, number, cancellationToken);
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = 0L;
        while (await body.ReadAsync(_buffer, cancellationToken) is > 0 and var count)
            bytes += count;
        return new CallResult((int)response.StatusCode, bytes);
    }

    public async Task StreamLinesAsync(RequestTemplate request, int number, Action<int> received, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(request, number, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new IOException($"the watch was refused with {(int)response.StatusCode}");
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        received(0);
        while (await body.ReadAsync(_buffer, cancellationToken) is > 0 and var count)
        {
            var lines = _buffer.AsSpan(0, count).Count((byte)'\n');
            if (lines > 0)
                received(lines);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Sends a request and returns as soon as its answer begins.</summary>
    public async Task<HttpResponseMessage> GetAsync(RequestTemplate request, int number, CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(target.Address, request.PathOf(number)))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (target.Token is not null)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", target.Token);
        if (request.Body.Length > 0)
        {
            message.Content = new ByteArrayContent(request.BodyOf(number));
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType);
        }

        try
        {
            return await shared.SendAsync(message, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }
}
