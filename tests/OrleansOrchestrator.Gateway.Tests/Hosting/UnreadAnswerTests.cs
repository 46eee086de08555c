using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansOrchestrator.Gateway.Options;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>Clients that ask, and never take the answer.</summary>
public sealed class UnreadAnswerTests : IAsyncLifetime
{
    private readonly GatewayFixture _gateway = new() { Options = new GatewayOptions { ListenAddress = IPAddress.Loopback, Port = 0, RequestSecondsMax = 1 } };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _gateway.InitializeAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Metrics_ThatNobodyTakes_AreGivenUp()
    {
        var http = new DefaultHttpContext();
        http.Request.Method = "GET";
        http.Request.Path = "/metrics";
        http.Request.Headers.Authorization = "Bearer " + _gateway.Identity.AdminToken;
        var request = new Lifetime();
        http.Features.Set<IHttpRequestLifetimeFeature>(request);

        await _gateway.Pipeline.InvokeAsync(http, _ => request.Aborted.Task).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        request.Aborted.Task.IsCompleted.ShouldBeTrue();
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public TaskCompletionSource Aborted { get; } = new();

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => Aborted.TrySetResult();
    }
}
