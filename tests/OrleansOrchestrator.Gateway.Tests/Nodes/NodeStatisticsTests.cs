using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.Gateway.Tests.Nodes;

public sealed class NodeStatisticsTests : IAsyncLifetime
{
    private readonly GatewayFixture _gateway = new();
    private FakeDaemon _daemon = null!;
    private Func<HttpContext, Task> _answer = static _ => Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        _daemon = await FakeDaemon.StartAsync(http => _answer(http));
        await _daemon.RegisterAsync(_gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Statistics_OfANode_AreWhatItsDaemonAnswers()
    {
        var time = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var summary = new StatsSummary(
            new NodeStats("n1", new CpuStats(time, 1, 2, 3), new MemoryStats(time, 4)),
            [new PodStats(new PodReference("web", "default", "u"), [new ContainerStats("c", null, new MemoryStats(time, 5))])]);
        _answer = http => http.Response.WriteAsJsonAsync(summary);

        var read = await ReadAsync();

        read.Node.ShouldBe(summary.Node);
        read.Pods.ShouldHaveSingleItem().PodRef.ShouldBe(summary.Pods[0].PodRef);
        read.Pods[0].Containers.ShouldBe(summary.Pods[0].Containers);
        _daemon.Requested.ShouldBe("/stats/summary");
    }

    [Theory]
    [InlineData(200, "<html>")]
    [InlineData(200, "null")]
    [InlineData(200, """{"node":{}}""")]
    [InlineData(200, """{"node":null,"pods":[]}""")]
    [InlineData(200, """{"node":{},"pods":[]}""")]
    [InlineData(200, """{"node":{"nodeName":"n1"},"pods":null}""")]
    [InlineData(200, """{"node":{"nodeName":"n1"},"pods":[null]}""")]
    [InlineData(200, """{"node":{"nodeName":"n1"},"pods":[{"containers":[]}]}""")]
    [InlineData(200, """{"node":{"nodeName":"n1"},"pods":[{"podRef":{"name":"web"},"containers":[]}]}""")]
    [InlineData(200, """{"node":{"nodeName":"n1"},"pods":[{"podRef":{"uid":"u"}}]}""")]
    [InlineData(200, """{"node":{"nodeName":"n1"},"pods":[{"podRef":{"uid":"u"},"containers":[{"name":"c"}]}]}""")]
    [InlineData(404, "404 page not found")]
    public async Task Statistics_OfADaemonThatAnswersSomethingElse_AreAnApiError(int code, string body)
    {
        _answer = http =>
        {
            http.Response.StatusCode = code;
            return http.Response.WriteAsync(body);
        };

        await Should.ThrowAsync<ApiException>(ReadAsync);
    }

    [Fact]
    public async Task Statistics_OfADaemonThatIsGone_AreAnApiError()
    {
        await _daemon.KillAsync();

        await Should.ThrowAsync<ApiException>(ReadAsync);
    }

    private async Task<StatsSummary> ReadAsync()
    {
        var node = await _gateway.Objects.GetAsync(_gateway.Registry[WellKnownResources.Nodes], new ObjectKey("", "n1"), Freshness.Any, TestContext.Current.CancellationToken);
        return await _gateway.Statistics.ReadAsync(node.SharedModel<V1Node>(), TestContext.Current.CancellationToken);
    }
}
