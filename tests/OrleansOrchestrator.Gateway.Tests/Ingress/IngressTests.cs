using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Requests through ingress to servers in pods.</summary>
public sealed class IngressTests : IAsyncLifetime
{
    private readonly List<PodServer> _servers = [];
    private IngressFixture _ingress = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _ingress = await IngressFixture.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await _ingress.DisposeAsync();
    }

    [Fact]
    public async Task Request_ReachesTheServiceOfItsRule_AsItWasSent()
    {
        await _ingress.CreateServiceAsync("web", [await ServerAsync("web-1")]);
        await _ingress.CreateServiceAsync("api", [await ServerAsync("api-1")]);
        await _ingress.CreateIngressAsync("shop", "shop.example.com", ["/ web", "/api api"]);
        await _ingress.UntilServedAsync("shop.example.com", "/", "web-1");

        var address = new Uri(_ingress.At("shop.example.com", "").GetLeftPart(UriPartial.Authority) + "/api/a%2Fb/%C3%A4?q=x%2Fy", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("hello") };
        foreach (var name in (string[])["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X_Forwarded_For", "X-Real-IP", "Forwarded"])
            request.Headers.TryAddWithoutValidation(name, "forged");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer of-the-application");
        using var response = await _ingress.Client.SendAsync(request, Cancellation);

        var told = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        ((string?)told["server"], (string?)told["method"], (string?)told["target"], (string?)told["body"]).ShouldBe(("api-1", "POST", "/api/a%2Fb/%C3%A4?q=x%2Fy", "hello"));
        ((string?)told["host"], (string?)told["x-forwarded-host"]).ShouldBe((address.Authority, address.Authority));
        ((string?)told["x-forwarded-for"], (string?)told["x-real-ip"], (string?)told["x-forwarded-proto"]).ShouldBe(("127.0.0.1", "127.0.0.1", "http"));
        told.ToJsonString().ShouldNotContain("forged");
        ((string?)told["authorization"]).ShouldBe("Bearer of-the-application");
    }

    [Theory]
    [InlineData("/secret/../open/x", "/open/x")]
    [InlineData("/secret/%2e%2e/open/x", "/open/x")]
    [InlineData("/open/#x", "/open/%23x")]
    [InlineData("/a%2Fb/.c?x=/../y", "/a%2Fb/.c?x=/../y")]
    [InlineData("/a%2Fb/c%2Ed", "/a%2Fb/c.d")]
    [InlineData("/open\\..\\secret", "/open%5C..%5Csecret")]
    public async Task Path_IsReadAtTheServer_AsItWasForTheRoute(string path, string seen)
    {
        await _ingress.CreateServiceAsync("open", [await ServerAsync("open-1")]);
        await _ingress.CreateServiceAsync("secret", [await ServerAsync("secret-1")]);
        await _ingress.CreateIngressAsync("one", "one.example.com", ["/open open", "/secret secret", "/ open"]);
        await _ingress.UntilServedAsync("one.example.com", "/open", "open-1");

        using var client = _ingress.CreateClient(static _ => { });
        client.BaseAddress = _ingress.At("one.example.com", "");
        var told = (await client.CallRawAsync(HttpMethod.Get, path)).ShouldSucceed();

        ((string?)told["server"], (string?)told["target"]).ShouldBe(("open-1", seen));
    }

    /// <summary>Whoever protects a path by a rule of its own must not be passed by with another spelling.</summary>
    [Fact]
    public async Task Path_InAnySpelling_MeetsItsRule()
    {
        await _ingress.CreateServiceAsync("open", [await ServerAsync("open-1")]);
        await _ingress.CreateServiceAsync("secret", [await ServerAsync("secret-1")]);
        await _ingress.CreateIngressAsync("one", "one.example.com", ["/ open", "/secret secret"]);
        await _ingress.UntilServedAsync("one.example.com", "/", "open-1");
        using var client = _ingress.CreateClient(static _ => { });
        client.BaseAddress = _ingress.At("one.example.com", "");

        foreach (var path in (string[])["/secret", "//secret", "/%2Fsecret", "///secret//x"])
        {
            var told = (await client.CallRawAsync(HttpMethod.Get, path)).ShouldSucceed();
            ((string?)told["server"], (string?)told["target"]).ShouldBe(("secret-1", path));
        }

        foreach (var target in (string[])["/x%2F..%2Fsecret", $"{client.BaseAddress}x%2F..%2Fsecret", $"{client.BaseAddress}x/%2e%2E%2fsecret"])
            (await AskRawAsync(target)).ShouldEndWith("The path has dots beside an encoded slash.\n");
    }

    [Fact]
    public async Task Request_ThatNobodyServes_IsToldWhy()
    {
        await _ingress.CreateServiceAsync("idle", []);
        await _ingress.CreateServiceAsync("dead", []);
        await _ingress.AddEndpointAsync("dead", "dead-1", 1);
        await _ingress.CreateIngressAsync("one", "one.example.com", ["/idle idle", "/none none", "/dead dead"]);
        await Eventually.IsAsync(async () => (await GetAsync("one.example.com", "/idle")).Code, HttpStatusCode.ServiceUnavailable);

        (await GetAsync("one.example.com", "/idle")).ShouldBe((HttpStatusCode.ServiceUnavailable, "The service of this address has no endpoint that is ready.\n"));
        (await GetAsync("one.example.com", "/none")).ShouldBe((HttpStatusCode.ServiceUnavailable, "The service of this address has no endpoint that is ready.\n"));
        (await GetAsync("one.example.com", "/dead")).ShouldBe((HttpStatusCode.BadGateway, "The service of this address cannot be reached.\n"));
        (await GetAsync("one.example.com", "/")).ShouldBe((HttpStatusCode.NotFound, "No ingress has a rule for this host and path.\n"));
        (await GetAsync("else.example.com", "/idle")).ShouldBe((HttpStatusCode.NotFound, "No ingress has a rule for this host and path.\n"));
        (await GetAsync("kubernetes", "/api/v1/namespaces")).Code.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync("kubernetes", "/metrics")).Code.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Rules_Backends_AndServices_ChangeWhileItRuns()
    {
        await _ingress.CreateServiceAsync("web", [await ServerAsync("web-1")]);
        await _ingress.CreateIngressAsync("shop", "shop.example.com", ["/ web"]);
        await _ingress.UntilServedAsync("shop.example.com", "/", "web-1");

        await _ingress.CreateServiceAsync("next", [await ServerAsync("next-1")]);
        await _ingress.PatchIngressAsync("shop", """{"spec":{"rules":[{"host":"new.example.com","http":{"paths":[{"path":"/","pathType":"Exact","backend":{"service":{"name":"next","port":{"number":80}}}}]}}]}}""");
        await _ingress.UntilServedAsync("new.example.com", "/", "next-1");
        (await GetAsync("shop.example.com", "/")).Code.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync("new.example.com", "/x")).Code.ShouldBe(HttpStatusCode.NotFound);

        await _ingress.PatchIngressAsync("shop", """{"spec":{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}}""");
        await _ingress.UntilServedAsync("new.example.com", "/x", "web-1");

        await _ingress.DeleteIngressAsync("shop");
        await Eventually.IsAsync(async () => (await GetAsync("new.example.com", "/")).Code, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Ingress_IsServedIfItsClassIs()
    {
        await _ingress.CreateServiceAsync("web", [await ServerAsync("web-1")]);
        await _ingress.CreateClassAsync("other", isDefault: false, "example.com/other");
        await _ingress.CreateIngressAsync("foreign", "foreign.example.com", ["/ web"], type: "other");
        await _ingress.CreateIngressAsync("unclassed", "unclassed.example.com", ["/ web"], type: "");
        await _ingress.CreateIngressAsync("annotated", "annotated.example.com", ["/ web"], type: "", annotations: """{"kubernetes.io/ingress.class":"orchestrator"}""");
        await _ingress.UntilServedAsync("annotated.example.com", "/", "web-1");

        (await GetAsync("foreign.example.com", "/")).Code.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync("unclassed.example.com", "/")).Code.ShouldBe(HttpStatusCode.NotFound);

        await _ingress.CreateClassAsync("standard", isDefault: true);
        await _ingress.UntilServedAsync("unclassed.example.com", "/", "web-1");
        (await GetAsync("foreign.example.com", "/")).Code.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Answer_ComesWhileItIsMade()
    {
        var server = await ServerAsync("web-1");
        await _ingress.CreateServiceAsync("web", [server]);
        await _ingress.CreateIngressAsync("shop", "shop.example.com", ["/ web"]);
        await _ingress.UntilServedAsync("shop.example.com", "/", "web-1");

        using var response = await _ingress.Client.GetAsync(_ingress.At("shop.example.com", "/stream"), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        (await reader.ReadLineAsync(Cancellation)).ShouldBe("first");
        server.Open();
        (await reader.ReadLineAsync(Cancellation)).ShouldBe("last");
    }

    [Fact]
    public async Task WebSocket_IsPassedOn()
    {
        await _ingress.CreateServiceAsync("web", [await ServerAsync("web-1")]);
        await _ingress.CreateIngressAsync("shop", "shop.example.com", ["/ web"]);
        await _ingress.UntilServedAsync("shop.example.com", "/", "web-1");

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(_ingress.At("shop.example.com", "/socket")) { Scheme = "ws" }.Uri, _ingress.Client, Cancellation);
        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, Cancellation);
        Encoding.UTF8.GetString(buffer, 0, received.Count).ShouldBe("ping");
    }

    [Fact]
    public async Task Call_OfGrpc_IsPassedOnWithItsTrailers()
    {
        await using var secure = await IngressFixture.StartAsync(IngressFixture.Both);
        await secure.CreateServiceAsync("calls", [await ServerAsync("calls-1", HttpProtocols.Http2)], "kubernetes.io/h2c");
        await secure.CreateIngressAsync("calls", "calls.example.com", ["/ calls"]);
        await secure.UntilServedAsync("calls.example.com", "/", "calls-1");

        using var request = new HttpRequestMessage(HttpMethod.Post, secure.At("calls.example.com", "/call", isSecure: true))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([1, 2, 3]) { Headers = { { "Content-Type", "application/grpc" } } },
        };
        using var response = await secure.Client.SendAsync(request, Cancellation);

        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe([1, 2, 3]);
        response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
    }

    /// <summary>Sends a target as it is, which may be a whole address.</summary>
    private async Task<string> AskRawAsync(string target)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_ingress.HttpAddress.Host, _ingress.HttpAddress.Port, Cancellation);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {_ingress.At("one.example.com", "").Authority}\r\nConnection: close\r\n\r\n"), Cancellation);
        var answer = await new StreamReader(stream).ReadToEndAsync(Cancellation);
        return answer.Replace("\r\n0\r\n\r\n", "", StringComparison.Ordinal);
    }

    private async Task<PodServer> ServerAsync(string name, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var server = await PodServer.StartAsync(name, protocols);
        _servers.Add(server);
        return server;
    }

    private async Task<(HttpStatusCode Code, string Body)> GetAsync(string host, string path)
    {
        using var response = await _ingress.Client.GetAsync(_ingress.At(host, path), Cancellation);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
    }
}
