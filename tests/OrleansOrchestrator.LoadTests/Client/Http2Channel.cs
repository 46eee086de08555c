using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>HTTP/2 over connections that channels share, as client libraries of Kubernetes do. Requests go over one that costs the client
/// little, long answers over those of the framework.</summary>
internal sealed class Http2Channel(ApiTarget target, HttpMessageInvoker shared, Http2Connection connection) : IApiChannel
{
    private readonly Http2Call _call = new();
    private readonly byte[] _buffer = new byte[32 * 1024];

    /// <summary>What long answers share: each connection carries as many requests as the server lets it.</summary>
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

    public ValueTask<CallResult> SendAsync(RequestTemplate request, int number) =>
        connection.Session is { } session ? Send(session, request, number) : ConnectAndSendAsync(request, number);

    public async Task StreamLinesAsync(RequestTemplate request, int number, Action<int> received, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(target, shared, request, number, cancellationToken);
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

    public ValueTask DisposeAsync()
    {
        connection.Leave();
        return ValueTask.CompletedTask;
    }

    private ValueTask<CallResult> Send(Http2Session session, RequestTemplate request, int number)
    {
        var answer = _call.Begin(request, number);
        session.Send(_call);
        return answer;
    }

    private async ValueTask<CallResult> ConnectAndSendAsync(RequestTemplate request, int number) =>
        await Send(await connection.ConnectAsync(), request, number);

    /// <summary>Sends a request and returns as soon as its answer begins.</summary>
    public static async Task<HttpResponseMessage> GetAsync(
        ApiTarget target, HttpMessageInvoker shared, RequestTemplate request, int number, CancellationToken cancellationToken)
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
