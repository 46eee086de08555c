using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Logs;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Logs;

public sealed class PodLogTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private readonly GatewayFixture _gateway = new();
    private readonly X509Certificate2 _certificate = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System.GetUtcNow()))
        .IssueServerCertificate("node", ["127.0.0.1"], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));

    private readonly TaskCompletionSource _mayEnd = new();
    private WebApplication? _daemon;
    private string _requested = "";
    private string _caller = "";

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.UseHttps(https =>
            {
                https.ServerCertificate = _certificate;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            })));
        _daemon = builder.Build();
        _daemon.Run(AnswerAsync);
        await _daemon.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _mayEnd.TrySetResult();
        await _daemon!.DisposeAsync();
        await _gateway.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact]
    public async Task Log_OfRunningPod_ComesFromItsNodeAsItIsWritten()
    {
        await CreateNodeAsync(Fingerprint(_certificate));
        await CreatePodAsync("web", "n1", "c");
        using var response = await _gateway.Admin.GetAsync(Pods + "/web/log?follow=true&tailLines=5", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        // The first line is here although the log has not ended.
        (await lines.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
        _mayEnd.SetResult();
        (await lines.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("last\n");
        _requested.ShouldBe("/containerLogs/default/web/c?follow=true&tailLines=5");
        _caller.ShouldContain("CN=" + ClusterIdentity.GatewayUser);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("binary.k8s.io", false)]
    [InlineData("base64.binary.k8s.io", true)]
    public async Task Log_OverAWebSocket_ComesInMessagesAsItIsWritten(string? protocol, bool isBase64)
    {
        await CreateNodeAsync(Fingerprint(_certificate));
        await CreatePodAsync("web", "n1", "c");
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
        await CreatePodAsync("web", null, "c");
        await Should.ThrowAsync<WebSocketException>(_gateway.OpenSocketAsync(Pods + "/web/log", "v9.example.com"));
    }

    [Fact]
    public async Task Log_OfNodeWithOtherCertificate_IsNotAskedFor()
    {
        await CreateNodeAsync(new string('0', 64));
        await CreatePodAsync("web", "n1", "c");
        (await _gateway.Admin.GetJsonAsync(Pods + "/web/log")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable").ShouldContain("node \"n1\"");
        _requested.ShouldBe("");
    }

    [Fact]
    public async Task Log_ThatTheNodeRefuses_IsRefusedWithItsWords()
    {
        await CreateNodeAsync(Fingerprint(_certificate));
        await CreatePodAsync("refused", "n1", "c");
        (await _gateway.Admin.GetJsonAsync(Pods + "/refused/log")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("container \"c\" in pod \"refused\" is waiting to start: ContainerCreating");
    }

    [Fact]
    public async Task Log_OfSeveralContainers_WantsAName()
    {
        await CreatePodAsync("two", null, "a", "b");
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
        await CreatePodAsync("web", null, "c");
        (await _gateway.Admin.GetJsonAsync($"{Pods}/web/log?{query}")).ShouldFail(HttpStatusCode.UnprocessableEntity, "Invalid");
    }

    private async Task AnswerAsync(HttpContext http)
    {
        _requested = http.Request.Path + http.Request.QueryString;
        _caller = http.Connection.ClientCertificate?.Subject ?? "";
        if (_requested.Contains("refused", StringComparison.Ordinal))
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

    private Task CreateNodeAsync(string fingerprint) => _gateway.CreateAsync("/api/v1/nodes", $$$$"""
        {"metadata":{"name":"n1","annotations":{"{{{{NodeEndpoint.CertificateAnnotation}}}}":"{{{{fingerprint}}}}"}},
         "status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":{{{{new Uri(_daemon!.Urls.First()).Port}}}} } } } }
        """);

    private Task CreatePodAsync(string name, string? node, params string[] containers) => _gateway.CreateAsync(Pods, $$$"""
        {"metadata":{"name":"{{{name}}}"},"spec":{ {{{(node is null ? "" : $"\"nodeName\":\"{node}\",")}}}
         "containers":[{{{string.Join(',', containers.Select(container => $$"""{"name":"{{container}}","image":"i"}"""))}}}]}}
        """);

    private static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
}
