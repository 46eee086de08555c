using System.Diagnostics;
using System.Net;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Requests;

/// <remarks>Alone, so that nobody else listens.</remarks>
[Collection(nameof(TraceTests))]
[CollectionDefinition(nameof(TraceTests), DisableParallelization = true)]
public sealed class TraceTests : IAsyncLifetime
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    private readonly GatewayFixture _gateway = new();

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Request_WithATraceParent_IsAPartOfItsClientsTrace()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);

        var activity = await SendAsync();

        activity.ShouldNotBeNull();
        (activity.TraceId.ToString(), activity.ParentSpanId.ToString(), activity.TraceStateString).ShouldBe((Trace, Span, "vendor=1"));
    }

    [Fact]
    public async Task Request_NobodyListens_IsNoActivity() => (await SendAsync()).ShouldBeNull();

    /// <summary>The activity in which the control plane is asked.</summary>
    private async Task<Activity?> SendAsync()
    {
        Activity? seen = null;
        _gateway.Objects.OnCall = _ =>
        {
            seen = Activity.Current;
            return Task.CompletedTask;
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/default/configmaps");
        request.Headers.Add("traceparent", $"00-{Trace}-{Span}-01");
        request.Headers.Add("tracestate", "vendor=1");
        using var response = await _gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return seen;
    }
}
