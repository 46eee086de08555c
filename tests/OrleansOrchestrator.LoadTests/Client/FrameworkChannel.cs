using System.Net;
using System.Net.Http.Headers;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>Sends requests through the framework's HTTP client, as programs in .NET do. Takes two to three times as long for each as
/// <see cref="Http2Channel"/>; what that one measures can be confirmed with it.</summary>
internal sealed class FrameworkChannel(ApiTarget target, HttpMessageInvoker shared, Version version) : IApiChannel
{
    private readonly byte[] _buffer = new byte[32 * 1024];

    /// <summary>What channels share: over HTTP/2 each connection carries as many requests as the server lets it.</summary>
    public static HttpMessageInvoker Share(ApiTarget target) => new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        SslOptions = target.TlsOptions(),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        InitialHttp2StreamWindowSize = 1024 * 1024,
    });

    public async ValueTask<CallResult> SendAsync(RequestTemplate request, int number)
    {
        try
        {
            using var response = await GetAsync(target, shared, request, number, version, CancellationToken.None);
            using var body = await response.Content.ReadAsStreamAsync();
            var bytes = 0L;
            while (await body.ReadAsync(_buffer) is > 0 and var count)
                bytes += count;
            return new CallResult((int)response.StatusCode, bytes);
        }
        catch (HttpRequestException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    public async Task StreamLinesAsync(RequestTemplate request, int number, Action<int> received, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(target, shared, request, number, version, cancellationToken);
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
    /// <exception cref="IOException">The connection was lost.</exception>
    public static async Task<HttpResponseMessage> GetAsync(
        ApiTarget target, HttpMessageInvoker shared, RequestTemplate request, int number, Version version, CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(target.Address, request.PathOf(number)))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Accept.ParseAdd("application/json");
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
