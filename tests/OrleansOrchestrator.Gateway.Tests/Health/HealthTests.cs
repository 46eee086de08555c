using System.Net;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Health;

public sealed class HealthTests : IAsyncLifetime
{
    private readonly StubCheck _store = new();
    private readonly GatewayFixture _gateway = new();

    public async ValueTask InitializeAsync()
    {
        _gateway.Checks.Add(_store);
        await _gateway.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("/livez", "ok")]
    [InlineData("/readyz", "ok")]
    [InlineData("/healthz", "ok")]
    [InlineData("/livez?verbose", "[+]ping ok\nlivez check passed\n")]
    [InlineData("/readyz?verbose=true", "[+]ping ok\n[+]store ok\n[+]api-services ok\nreadyz check passed\n")]
    public async Task Check_WhenReady_IsOk(string path, string expected)
    {
        using var anonymous = _gateway.CreateClient();
        using var response = await anonymous.GetAsync(path, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(expected);
    }

    [Fact]
    public async Task Check_OfOnePart_IsForWhoMayMonitor()
    {
        using var anonymous = _gateway.CreateClient();
        (await anonymous.GetAsync("/readyz/store", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _gateway.Admin.GetStringAsync("/readyz/store", TestContext.Current.CancellationToken)).ShouldBe("ok");
    }

    [Fact]
    public async Task Check_WhenNotReady_FailsAndTellsWhyToTheKnown()
    {
        _store.Fault = "the database is away";
        using var anonymous = _gateway.CreateClient();
        using var response = await anonymous.GetAsync("/readyz", TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("[+]ping ok\n[-]store failed: reason withheld\n[+]api-services ok\nreadyz check failed\n");
        (await (await _gateway.Admin.GetAsync("/readyz", TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("[-]store failed: the database is away");
        (await anonymous.GetAsync("/livez", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await anonymous.GetAsync("/readyz?exclude=store", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Check_ThatThrows_Fails()
    {
        _store.Failure = new InvalidOperationException("secret");
        var text = await (await _gateway.Admin.GetAsync("/readyz", TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldContain("[-]store failed");
        text.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Check_OfUnknownName_IsNotFound() =>
        (await _gateway.Admin.GetAsync("/readyz/unknown", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Metrics_AfterRequests_CountThem()
    {
        await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/default/configmaps");
        var text = await _gateway.Admin.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        text.ShouldContain("apiserver_request_total{");
        text.ShouldMatch("apiserver_current_inflight_requests\\{.*request_kind=\"readOnly\".*\\} [1-9]");
        text.ShouldMatch("apiserver_current_inflight_requests\\{.*request_kind=\"mutating\".*\\} 0");
        text.ShouldMatch("apiserver_request_duration_seconds_bucket\\{.*resource=\"configmaps\".*verb=\"LIST\".*");
    }

    private sealed class StubCheck : IReadinessCheck
    {
        public string Name => "store";

        public string? Fault { get; set; }

        public Exception? Failure { get; set; }

        public Task<string?> CheckAsync(CancellationToken cancellationToken) =>
            Failure is null ? Task.FromResult(Fault) : Task.FromException<string?>(Failure);
    }
}
