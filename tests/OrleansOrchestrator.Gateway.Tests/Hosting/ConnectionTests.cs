using System.Net;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>What leaves on one connection, whatever its size and however many ask at once.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const int Large = 300_000;
    private readonly GatewayFixture _gateway = new();

    public async ValueTask InitializeAsync() => await _gateway.InitializeAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Answers_OfManyRequestsAtOnce_ArriveWhole(int httpVersion)
    {
        int[] sizes = [1, 1_000, 4_096, 16_384, 16_385, 70_000, Large];
        foreach (var size in sizes)
            await CreateAsync(size);
        await Task.WhenAll(Enumerable.Range(0, 20 * sizes.Length).Select(async i =>
        {
            using var response = await GetAsync(sizes[i % sizes.Length], httpVersion, HttpCompletionOption.ResponseContentRead);
            (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(ValueOf(sizes[i % sizes.Length]));
        }));
    }

    [Fact]
    public void Client_ThatPausesAnUploadOrADownload_IsNotCutOffByTheServer() =>
        (_gateway.Limits.MinRequestBodyDataRate, _gateway.Limits.MinResponseDataRate).ShouldBe((null, null));

    [Fact]
    public async Task Answer_ThatNobodyReads_HoldsUpNoOther()
    {
        await CreateAsync(Large);
        await CreateAsync(1);
        using var unread = await GetAsync(Large, 2, HttpCompletionOption.ResponseHeadersRead);
        for (var i = 0; i < 20; i++)
        {
            using var other = await GetAsync(1, 2, HttpCompletionOption.ResponseContentRead);
            other.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await unread.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(ValueOf(Large));
    }

    [Fact]
    public async Task Client_ThatGoesInTheMiddle_LetsTheGatewayStop()
    {
        await CreateAsync(Large);
        using (var client = _gateway.CreateClient(_gateway.Identity.AdminToken))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Maps}/of-{Large}") { Version = HttpVersion.Version20 };
            using var unread = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        }

        await _gateway.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static string ValueOf(int size) => new((char)('a' + size % 26), size);

    private Task CreateAsync(int size) =>
        _gateway.CreateAsync(Maps, $$$"""{"metadata":{"name":"of-{{{size}}}"},"data":{"value":"{{{ValueOf(size)}}}"}}""");

    private async Task<HttpResponseMessage> GetAsync(int size, int httpVersion, HttpCompletionOption until)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Maps}/of-{size}")
        {
            Version = new Version(httpVersion, httpVersion == 1 ? 1 : 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return await _gateway.Admin.SendAsync(request, until, TestContext.Current.CancellationToken);
    }
}
