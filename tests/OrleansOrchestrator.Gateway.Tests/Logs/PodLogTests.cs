using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Gateway.Tests.Nodes;

namespace OrleansOrchestrator.Gateway.Tests.Logs;

public sealed class PodLogTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private readonly GatewayFixture _gateway = new();
    private readonly TaskCompletionSource _mayEnd = new();
    private FakeDaemon _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        _daemon = await FakeDaemon.StartAsync(AnswerAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _mayEnd.TrySetResult();
        await _daemon.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Log_OfRunningPod_ComesFromItsNodeAsItIsWritten()
    {
        await _daemon.RegisterAsync(_gateway);
        await FakeDaemon.CreatePodAsync(_gateway, "web", "n1", "c");
        using var response = await _gateway.Admin.GetAsync(Pods + "/web/log?follow=true&tailLines=5", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        // The first line is here although the log has not ended.
        (await lines.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
        _mayEnd.SetResult();
        (await lines.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("last\n");
        _daemon.Requested.ShouldBe("/containerLogs/default/web/c?follow=true&tailLines=5");
        _daemon.Caller.ShouldContain("CN=" + ClusterIdentity.GatewayUser);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("binary.k8s.io", false)]
    [InlineData("base64.binary.k8s.io", true)]
    public async Task Log_OverAWebSocket_ComesInMessagesAsItIsWritten(string? protocol, bool isBase64)
    {
        await _daemon.RegisterAsync(_gateway);
        await FakeDaemon.CreatePodAsync(_gateway, "web", "n1", "c");
        using var socket = await _gateway.OpenSocketAsync(Pods + "/web/log?follow=true", protocol);
        socket.SubProtocol.ShouldBe(protocol);
        (await ReadAsync()).ShouldBe("");
        (await ReadAsync()).ShouldBe("first\n");
        _mayEnd.SetResult();
        (await ReadAsync()).ShouldBe("last\n");
        (await ReadAsync()).ShouldBeNull();

        async Task<string?> ReadAsync() => await _gateway.ReadMessageAsync(socket) is not { } message ? null
            : Encoding.UTF8.GetString(isBase64 ? Convert.FromBase64String(Encoding.UTF8.GetString(message)) : message);
    }

    [Fact]
    public async Task Log_OverAWebSocketOfAnUnknownProtocol_IsRefused()
    {
        await FakeDaemon.CreatePodAsync(_gateway, "web", null, "c");
        await Should.ThrowAsync<WebSocketException>(_gateway.OpenSocketAsync(Pods + "/web/log", "v9.example.com"));
    }

    [Fact]
    public async Task Log_OfNodeWithOtherCertificate_IsNotAskedFor()
    {
        await _daemon.RegisterAsync(_gateway, fingerprint: new string('0', 64));
        await FakeDaemon.CreatePodAsync(_gateway, "web", "n1", "c");
        (await _gateway.Admin.GetJsonAsync(Pods + "/web/log")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable").ShouldContain("node \"n1\"");
        _daemon.Requested.ShouldBe("");
    }

    [Fact]
    public async Task Log_OfNodeThatRenewsItsCertificate_IsReadFromEitherCertificate()
    {
        await _daemon.RegisterAsync(_gateway, fingerprint: $"{new string('0', 64)},{_daemon.Fingerprint}");
        await FakeDaemon.CreatePodAsync(_gateway, "web", "n1", "c");
        using var response = await _gateway.Admin.GetAsync(Pods + "/web/log?follow=true", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Log_ThatTheNodeRefuses_IsRefusedWithItsWords()
    {
        await _daemon.RegisterAsync(_gateway);
        await FakeDaemon.CreatePodAsync(_gateway, "refused", "n1", "c");
        (await _gateway.Admin.GetJsonAsync(Pods + "/refused/log")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("container \"c\" in pod \"refused\" is waiting to start: ContainerCreating");
    }

    [Fact]
    public async Task Log_OfSeveralContainers_WantsAName()
    {
        await FakeDaemon.CreatePodAsync(_gateway, "two", null, "a", "b");
        (await _gateway.Admin.GetJsonAsync(Pods + "/two/log")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("a container name must be specified for pod two, choose one of: [a b]");
        (await _gateway.Admin.GetJsonAsync(Pods + "/two/log?container=x")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("container x is not valid for pod two");
        (await _gateway.Admin.GetStringAsync(Pods + "/two/log?container=a", TestContext.Current.CancellationToken)).ShouldBe("");
    }

    [Theory]
    [InlineData("tailLines=-1")]
    [InlineData("sinceSeconds=0")]
    [InlineData("limitBytes=0")]
    [InlineData("sinceSeconds=1&sinceTime=2030-01-01T00:00:00Z")]
    public async Task Log_WithBadOption_IsInvalid(string query)
    {
        await FakeDaemon.CreatePodAsync(_gateway, "web", null, "c");
        (await _gateway.Admin.GetJsonAsync($"{Pods}/web/log?{query}")).ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid");
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path.Value!.Contains("refused", StringComparison.Ordinal))
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("container \"c\" in pod \"refused\" is waiting to start: ContainerCreating\n");
            return;
        }

        await http.Response.WriteAsync("first\n");
        await http.Response.Body.FlushAsync();
        await _mayEnd.Task;
        await http.Response.WriteAsync("last\n");
    }
}
