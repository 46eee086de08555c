using System.Net;
using System.Net.Http.Headers;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Requests;

/// <summary>A client that is refused before its body has been read gets its answer, and is not cut off while it sends.</summary>
public sealed class UnreadBodyTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private readonly GatewayFixture _gateway = new() { Options = new GatewayOptions { ListenAddress = IPAddress.Loopback, Port = 0 } };

    public async ValueTask InitializeAsync() => await _gateway.InitializeAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("POST", Maps, "bad token", "application/json", HttpStatusCode.Unauthorized)]
    [InlineData("POST", Maps, "", "application/json", HttpStatusCode.Forbidden)]
    [InlineData("POST", "/api/v1/namespaces/default/frobs", null, "application/json", HttpStatusCode.NotFound)]
    [InlineData("PUT", Maps, null, "application/json", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", Maps, null, "application/xml", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("POST", Maps + "?timeout=soon", null, "application/json", HttpStatusCode.BadRequest)]
    [InlineData("POST", Maps + "?dryRun=Some", null, "application/json", HttpStatusCode.UnprocessableEntity)]
    [InlineData("GET", Maps, null, "application/json", HttpStatusCode.OK)]
    [InlineData("POST", "/version", null, "application/json", HttpStatusCode.MethodNotAllowed)]
    public async Task Answer_BeforeTheBodyHasArrived_LetsTheClientSendItToTheEnd(
        string method, string path, string? token, string contentType, HttpStatusCode code)
    {
        using var client = _gateway.CreateClient(token is null ? _gateway.Identity.AdminToken : token.Length == 0 ? null : token);
        var body = new SlowBody(contentType);
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = body,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        body.SendRest();

        response.StatusCode.ShouldBe(code);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("\"kind\":");
        (await body.Sent.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue("the client was cut off");
    }

    [Fact]
    public async Task Answer_ToAClientThatNeverEndsItsBody_Ends()
    {
        using var client = _gateway.CreateClient("bad token");
        using var request = new HttpRequestMessage(HttpMethod.Post, Maps)
        {
            Content = new SlowBody("application/json"),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    /// <summary>A body whose second half is sent when it is asked for.</summary>
    private sealed class SlowBody : HttpContent
    {
        private static readonly byte[] Half = new byte[20_000];
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SlowBody(string contentType) => Headers.ContentType = new MediaTypeHeaderValue(contentType);

        /// <summary>Whether all of it could be sent.</summary>
        public Task<bool> Sent => _sent.Task;

        public void SendRest() => _asked.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            try
            {
                await stream.WriteAsync(Half, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                await _asked.Task.WaitAsync(cancellationToken);
                await stream.WriteAsync(Half, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                _sent.TrySetResult(true);
            }
            catch (Exception)
            {
                _sent.TrySetResult(false);
                throw;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 2 * Half.Length;
            return true;
        }
    }
}
