using System.Net;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

public sealed class FailureTests
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Request_ThatFailsUnexpectedly_TellsNothingOfTheInside()
    {
        await using var gateway = await StartAsync(new GatewayOptions());
        gateway.Objects.NextFailure = new InvalidOperationException("secret detail");
        (await gateway.Admin.GetJsonAsync(Maps)).ShouldFail(HttpStatusCode.InternalServerError, "InternalError").ShouldNotContain("secret");
    }

    [Fact]
    public async Task Request_ThatIsToBeTriedAgain_SaysWhen()
    {
        await using var gateway = await StartAsync(new GatewayOptions());
        gateway.Objects.NextFailure = ApiErrors.TooManyRequests("slow down", 7);
        var answer = await gateway.Admin.GetJsonAsync(Maps);
        answer.ShouldFail(HttpStatusCode.TooManyRequests, "TooManyRequests");
        answer.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        answer.Body!["details"]!["retryAfterSeconds"]!.GetValue<int>().ShouldBe(7);
    }

    [Fact]
    public async Task Request_ThatTakesTooLong_TimesOut()
    {
        await using var gateway = await StartAsync(new GatewayOptions { RequestSecondsMax = 1 });
        gateway.Objects.OnCall = cancellation => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        (await gateway.Admin.GetJsonAsync(Maps)).ShouldFail(HttpStatusCode.GatewayTimeout, "Timeout");
    }

    [Fact]
    public async Task Request_OfClientThatLeaves_IsStopped()
    {
        await using var gateway = await StartAsync(new GatewayOptions());
        var entered = new TaskCompletionSource();
        var stopped = new TaskCompletionSource();
        gateway.Objects.OnCall = async cancellation =>
        {
            entered.SetResult();
            await using var registration = cancellation.Register(stopped.SetResult);
            await stopped.Task;
            cancellation.ThrowIfCancellationRequested();
        };
        using var leaving = new CancellationTokenSource();
        var call = gateway.Admin.GetAsync(Maps, leaving.Token);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Requests_BeyondTheLimitOfAUser_AreRefusedUntilOneEnds()
    {
        await using var gateway = await StartAsync(new GatewayOptions { ReadsInFlightPerUserMax = 1 });
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        gateway.Objects.OnCall = _ =>
        {
            entered.TrySetResult();
            return release.Task;
        };
        var first = gateway.Admin.GetJsonAsync(Maps);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var refused = await gateway.Admin.GetJsonAsync(Maps);
        refused.ShouldFail(HttpStatusCode.TooManyRequests, "TooManyRequests");
        refused.Response.Headers.RetryAfter.ShouldNotBeNull();
        release.SetResult();
        (await first).ShouldSucceed();
        (await gateway.Admin.GetJsonAsync(Maps)).ShouldSucceed();
    }

    [Fact]
    public async Task Start_OnAddressInUse_SaysSo()
    {
        await using var gateway = await StartAsync(new GatewayOptions());
        var second = new GatewayFixture { Options = gateway.Options with { Port = gateway.Address.Port } };
        var failure = await Should.ThrowAsync<GatewayAddressInUseException>(async () => await second.InitializeAsync());
        failure.Message.ShouldContain($"127.0.0.1:{gateway.Address.Port}");
        failure.Endpoint.Port.ShouldBe(gateway.Address.Port);
    }

    [Fact]
    public void AddGateway_WithBadOptions_TellsAllFaults()
    {
        var faults = GatewayOptionsValidator.Validate(new GatewayOptions { Port = 70000, RequestSecondsMax = 0 });
        faults.Count.ShouldBe(2);
        faults[0].ShouldContain("Port must be between");
        GatewayOptionsValidator.Validate(new GatewayOptions()).ShouldBeEmpty();
    }

    private static async Task<GatewayFixture> StartAsync(GatewayOptions options)
    {
        var gateway = new GatewayFixture { Options = options with { ListenAddress = IPAddress.Loopback, Port = 0 } };
        await gateway.InitializeAsync();
        return gateway;
    }
}
