using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Gateway.Tests.Nodes;

namespace OrleansOrchestrator.Gateway.Tests.Proxying;

/// <summary>Requests to a server in a pod, which only the pod's node reaches.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private const string Core = "/api/v1/namespaces/default";

    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource _left = new();
    private readonly GatewayFixture _gateway;
    private FakeDaemon _daemon = null!;
    private WebApplication _server = null!;

    public ProxyTests() => _gateway = new() { Configure = services => services.AddSingleton<ILoggerProvider>(new ErrorLog(_errors)) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Port => new Uri(_server.Urls.First()).Port;

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        _daemon = await FakeDaemon.StartAsync(FakeDaemon.DialAsync);
        await _daemon.RegisterAsync(_gateway);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            // Any bytes, as pods send them.
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        _server = builder.Build();
        _server.UseWebSockets();
        _server.Run(AnswerAsync);
        await _server.StartAsync(Cancellation);
        await _gateway.CreateAsync(Core + "/pods", $$"""
            {"metadata":{"name":"web"},"spec":{"nodeName":"n1","containers":[{"name":"main","image":"i","ports":[{"containerPort":{{Port}} }]}]},"status":{"podIP":"10.1.2.3"} }
            """);
        await _gateway.CreateAsync(Core + "/services", """{"metadata":{"name":"front"},"spec":{"ports":[{"name":"http","port":80}]} }""");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _daemon.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "web", "/", "/")]
    [InlineData("GET", "web", "/a%20b/c?d=e%2Ff&d=g", "/a%20b/c?d=e%2Ff&d=g")]
    [InlineData("GET", "web", "/group%2Fname/x%252Fy/%C3%A4", "/group%2Fname/x%252Fy/%C3%A4")]
    [InlineData("DELETE", "web:PORT", "/thing", "/thing")]
    [InlineData("PATCH", "http:web:PORT", "/thing/", "/thing/")]
    public async Task Pod_IsAskedWithTheMethodPathAndQueryThatFollow(string method, string pod, string path, string seen)
    {
        var answer = (await CallAsync(method, $"{Core}/pods/{pod.Replace("PORT", $"{Port}", StringComparison.Ordinal)}/proxy{path}")).ShouldSucceed();

        _daemon.Requested.ShouldBe($"/dial/default/web/{Port}");
        ((string?)answer["method"], (string?)answer["target"], (string?)answer["host"]).ShouldBe((method, seen, $"10.1.2.3:{Port}"));
    }

    [Theory]
    [InlineData("/things/#x", "/things/%23x")]
    [InlineData("/a\\..\\b", "/a%5C..%5Cb")]
    [InlineData("/a?b=c#d", "/a?b=c%23d")]
    public async Task Pod_IsAskedForNothingElse_HoweverThePathIsWritten(string path, string seen) =>
        ((string?)(await _gateway.Admin.CallRawAsync(HttpMethod.Delete, Core + "/pods/web/proxy" + path)).ShouldSucceed()["target"]).ShouldBe(seen);

    [Fact]
    public async Task Page_WhoseReaderLeavesInTheMiddle_IsNoFault()
    {
        using (var page = await _gateway.Admin.GetAsync(Core + "/pods/web/proxy/endless", HttpCompletionOption.ResponseHeadersRead, Cancellation))
            page.StatusCode.ShouldBe(HttpStatusCode.OK);

        await _left.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await _gateway.StopAsync(CancellationToken.None);
        _errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pod_GetsTheBodyAndHeaders_AndNoCredentials()
    {
        var (response, body) = await _gateway.Admin.CallAsync(
            HttpMethod.Post, Core + "/pods/web/proxy/echo", new StringContent("hello"),
            ("Accept", "text/html"), ("X-Own", "kept"), ("Impersonate-User", "boss"), ("Impersonate-Group", "system:masters"), ("X-Forwarded-Host", "forged"));

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        ((string?)body!["body"], (string?)body["x-own"], (string?)body["accept"]).ShouldBe(("hello", "kept", "text/html"));
        body.AsObject().Select(header => header.Key).ShouldNotContain(name => name.StartsWith("authorization") || name.StartsWith("impersonate"));
        ((string?)body["x-forwarded-host"], (string?)body["x-forwarded-uri"]).ShouldBe((_gateway.Admin.BaseAddress!.Authority, Core + "/pods/web/proxy/echo"));
        response.Headers.GetValues("X-Answer").ShouldBe(["yes"]);
    }

    [Theory]
    [InlineData("attachment; filename=\"Übersicht – 概要.pdf\"", true)]
    [InlineData("attachment; filename=\"caf\u00e9\"", false)]
    [InlineData("attachment; filename=\"plain\"", true)]
    public async Task Headers_OfAnyText_PassInBothDirections(string text, bool isUtf8)
    {
        var bytes = (isUtf8 ? Encoding.UTF8 : Encoding.Latin1).GetBytes(text);
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8, ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1 };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_gateway.Address, $"{Core}/pods/web/proxy/named?bytes={Convert.ToHexString(bytes)}"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + _gateway.Identity.AdminToken);
        request.Headers.TryAddWithoutValidation("X-Own", text);

        using var response = await client.SendAsync(request, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Encoding.Latin1.GetBytes(response.Content.Headers.GetValues("Content-Disposition").Single()).ShouldBe(bytes);
        Encoding.Latin1.GetBytes((string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["x-own"]!).ShouldBe(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public async Task Pod_ThatEndsTheConnectionAfterItsAnswer_IsHeardToTheEnd()
    {
        var answer = await _gateway.Admin.GetStringAsync(Core + "/pods/web/proxy/close", Cancellation);
        answer.Length.ShouldBe(100_000);
    }

    [Fact]
    public async Task Pod_WithoutTheLastSlash_IsRedirectedToIt()
    {
        var response = await _gateway.Admin.GetAsync(Core + "/pods/web/proxy?a=b", Cancellation);
        (response.StatusCode, response.Headers.Location?.OriginalString).ShouldBe((HttpStatusCode.MovedPermanently, Core + "/pods/web/proxy/?a=b"));

        response = await _gateway.Admin.GetAsync(Core + "/pods/web/proxy/redirect", Cancellation);
        (response.StatusCode, response.Headers.Location?.OriginalString).ShouldBe((HttpStatusCode.Found, Core + "/pods/web/proxy/elsewhere?x"));
    }

    [Fact]
    public async Task Server_ThatKnowsTheNameItIsAskedBy_HasItsLinksLeadThroughTheProxy_AndOpensTheApiToNobody()
    {
        var origin = _gateway.Address.GetLeftPart(UriPartial.Authority);
        var response = await _gateway.Admin.GetAsync(Core + "/pods/web/proxy/absolute", Cancellation);

        (response.StatusCode, response.Headers.Location?.OriginalString).ShouldBe((HttpStatusCode.Found, $"{origin}{Core}/pods/web/proxy/elsewhere"));
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldBe($"<a href=\"{origin}{Core}/pods/web/proxy/x\"><a href=\"//{_gateway.Address.Authority}{Core}/pods/web/proxy/y\">");
        response.Headers.ShouldNotContain(header => header.Key.StartsWith("Access-Control-"));
        response.Headers.GetValues("X-Answer").ShouldBe(["yes"]);
    }

    [Theory]
    [InlineData("GET", Core + "/pods/web/proxy/page", "<a href=\"" + Core + "/pods/web/proxy/x\"><a href='y'><a href=" + Core + "/pods/web/proxy/z?q#f><a href=//elsewhere/x><a href=http://elsewhere/x><a href=" + Core + "/pods/web/proxy/p>")]
    [InlineData("HEAD", Core + "/pods/web/proxy/page", "")]
    public async Task Page_OfAPod_HasItsLinksLeadThroughTheProxy(string method, string path, string expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _gateway.Admin.SendAsync(request, Cancellation);
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldBe(expected);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
    }

    [Fact]
    public async Task Node_IsAskedAtItsDaemon()
    {
        var port = (int)(await _gateway.Admin.GetJsonAsync("/api/v1/nodes/n1")).ShouldSucceed()["status"]!["daemonEndpoints"]!["kubeletEndpoint"]!["Port"]!;
        foreach (var name in (string[])["n1", $"n1:{port}", $"https:n1:{port}"])
        {
            (await _gateway.Admin.GetStringAsync($"/api/v1/nodes/{name}/proxy/healthz?verbose", Cancellation)).ShouldBe("from the daemon");
            _daemon.Requested.ShouldBe("/healthz?verbose");
        }

        _daemon.Caller.ShouldContain("CN=" + OrleansOrchestrator.Gateway.Identity.ClusterIdentity.GatewayUser);
        (await _gateway.Admin.GetJsonAsync("/api/v1/nodes/none/proxy/healthz")).ShouldFail(HttpStatusCode.NotFound, "NotFound").ShouldBe("nodes \"none\" not found");
        (await _gateway.Admin.GetJsonAsync("/api/v1/nodes/n1:1/proxy/")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest").ShouldBe("address not allowed");
        using var stranger = _gateway.CreateClient();
        (await stranger.GetJsonAsync("/api/v1/nodes/n1/proxy/healthz")).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
    }

    [Fact]
    public async Task Node_WhoseDaemonIsGone_SaysSo()
    {
        await _gateway.CreateAsync("/api/v1/nodes", """{"metadata":{"name":"mute"} }""");
        (await _gateway.Admin.GetJsonAsync("/api/v1/nodes/mute/proxy/healthz")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldStartWith("error trying to reach service: Internal error occurred: the daemon of node \"mute\" has told no certificate");
        await _daemon.KillAsync();
        (await _gateway.Admin.GetJsonAsync("/api/v1/nodes/n1/proxy/healthz")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldStartWith("error trying to reach service: ");
    }

    [Fact]
    public async Task Pod_ThatSpeaksWebSocket_IsSpokenTo()
    {
        using var socket = await _gateway.OpenSocketAsync(Core + "/pods/web/proxy/socket", protocol: null);
        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, Cancellation);
        Encoding.UTF8.GetString(buffer, 0, received.Count).ShouldBe("ping");
    }

    [Theory]
    [InlineData("pods/none/proxy/", HttpStatusCode.NotFound, "NotFound", "pods \"none\" not found")]
    [InlineData("pods/web:1/proxy/", HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", "error trying to reach service: dial tcp 10.1.2.3:1: Connection refused")]
    [InlineData("pods/web:http/proxy/", HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", "unknown port")]
    [InlineData("pods/a:b:c:d/proxy/", HttpStatusCode.BadRequest, "BadRequest", "invalid pod request \"a:b:c:d\"")]
    [InlineData("services/ftp:front:80/proxy/", HttpStatusCode.BadRequest, "BadRequest", "invalid service request")]
    [InlineData("services/front:81/proxy/", HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", "no service port 81 found for service \"front\"")]
    [InlineData("services/none/proxy/", HttpStatusCode.NotFound, "NotFound", "endpoints \"none\" not found")]
    public async Task Target_ThatIsNotThere_SaysSo(string path, HttpStatusCode code, string reason, string sentence) =>
        (await _gateway.Admin.GetJsonAsync($"{Core}/{path}")).ShouldFail(code, reason).ShouldContain(sentence);

    [Fact]
    public async Task Service_IsAskedAtAReadyEndpointOfThePort()
    {
        await EndpointsAsync("front", $$"""[{"ip":"10.1.2.3","targetRef":{"kind":"Pod","name":"web"} }]""", "[]");

        foreach (var name in (string[])["front:80", "front:http", ":front:http"])
            ((string?)(await CallAsync("GET", $"{Core}/services/{name}/proxy/x")).ShouldSucceed()["host"]).ShouldBe($"10.1.2.3:{Port}");
        (await _gateway.Admin.GetJsonAsync(Core + "/services/front/proxy/")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldBe("no endpoints available for service \"front\"");
    }

    [Theory]
    [InlineData("""{"kind":"Pod","name":"gone","uid":"1"}""")]
    [InlineData("""{"kind":"Pod","name":"web","uid":"of-the-one-before"}""")]
    public async Task Service_WithAnEndpointWhosePodHasGone_IsAskedAtAnother(string stale)
    {
        await EndpointsAsync("front", $$"""[{"ip":"10.1.2.4","targetRef":{{stale}} }]""", "[]");
        (await _gateway.Admin.GetJsonAsync(Core + "/services/front:80/proxy/")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldBe("no endpoints available for service \"front:80\"");

        await _gateway.Admin.CallAsync(HttpMethod.Delete, Core + "/endpoints/front");
        await EndpointsAsync("front", $$"""[{"ip":"10.1.2.4","targetRef":{{stale}} },{"ip":"10.1.2.3","targetRef":{"kind":"Pod","name":"web"} }]""", "[]");
        for (var i = 0; i < 10; i++)
            (await CallAsync("GET", Core + "/services/front:80/proxy/")).ShouldSucceed();
    }

    [Fact]
    public async Task Service_WithAnEndpointOnANodeThatCannotBeAsked_IsAskedAtAnother()
    {
        await _gateway.CreateAsync("/api/v1/nodes", """{"metadata":{"name":"unknown"}}""");
        await _gateway.CreateAsync(Core + "/pods", """{"metadata":{"name":"lost"},"spec":{"nodeName":"unknown","containers":[{"name":"main","image":"i"}]},"status":{"podIP":"10.1.2.5"}}""");
        const string lost = """{"ip":"10.1.2.5","targetRef":{"kind":"Pod","name":"lost"} }""";
        await EndpointsAsync("front", $"[{lost}]", "[]");
        (await _gateway.Admin.GetJsonAsync(Core + "/services/front:80/proxy/")).Response.IsSuccessStatusCode.ShouldBeFalse();

        await _gateway.Admin.CallAsync(HttpMethod.Delete, Core + "/endpoints/front");
        await EndpointsAsync("front", $$"""[{{lost}},{"ip":"127.0.0.1"},{"ip":"10.1.2.3","targetRef":{"kind":"Pod","name":"web"} }]""", "[]");
        for (var i = 0; i < 10; i++)
            (await CallAsync("GET", Core + "/services/front:80/proxy/")).ShouldSucceed();
    }

    [Fact]
    public async Task Service_WithoutAReadyEndpoint_IsUnavailable()
    {
        await EndpointsAsync("front", "[]", """[{"ip":"10.1.2.3","targetRef":{"kind":"Pod","name":"web"} }]""");

        (await _gateway.Admin.GetJsonAsync(Core + "/services/front:80/proxy/")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldBe("no endpoints available for service \"front:80\"");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("0.0.0.0")]
    public async Task Service_WithAnEndpointOfTheGatewaysOwnMachine_IsNotAsked(string address)
    {
        await EndpointsAsync("front", $$"""[{"ip":"{{address}}"}]""", "[]");

        (await _gateway.Admin.GetJsonAsync(Core + "/services/front:80/proxy/")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest").ShouldBe("address not allowed");
    }

    private async Task<(HttpResponseMessage, JsonNode?)> CallAsync(string method, string path) => await _gateway.Admin.CallAsync(new HttpMethod(method), path);

    private Task EndpointsAsync(string name, string ready, string notReady) => _gateway.CreateAsync(Core + "/endpoints", $$$"""
        {"metadata":{"name":"{{{name}}}"},"subsets":[{"addresses":{{{ready}}},"notReadyAddresses":{{{notReady}}},"ports":[{"name":"http","port":{{{Port}}} }]}]}
        """);

    private async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path == "/endless")
        {
            http.Response.ContentType = "text/html";
            try
            {
                while (true)
                    await http.Response.WriteAsync("<a href='/x'>", http.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                _left.SetResult();
                return;
            }
        }

        if (http.WebSockets.IsWebSocketRequest)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var received = await socket.ReceiveAsync(buffer, http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, http.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
            return;
        }

        if (http.Request.Path == "/close")
        {
            http.Response.Headers.Connection = "close";
            await http.Response.WriteAsync(new string('x', 100_000));
            return;
        }

        if (http.Request.Path == "/page")
        {
            http.Response.ContentType = "text/html; charset=utf-8";
            await http.Response.WriteAsync($"<a href=\"/x\"><a href='y'><a href=http://{http.Request.Host}/z?q#f><a href=//elsewhere/x><a href=http://elsewhere/x><a href={Core}/pods/web/proxy/p>");
            return;
        }

        if (http.Request.Path == "/absolute")
        {
            var asked = http.Request.Headers["X-Forwarded-Host"].ToString();
            http.Response.Redirect($"https://{asked}/elsewhere");
            http.Response.ContentType = "text/html";
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers.AccessControlAllowCredentials = "true";
            http.Response.Headers["X-Answer"] = "yes";
            await http.Response.WriteAsync($"<a href=\"https://{asked}/x\"><a href=\"//{asked}/y\">");
            return;
        }

        if (http.Request.Path == "/redirect")
        {
            http.Response.Redirect("/elsewhere?x");
            return;
        }

        if (http.Request.Query["bytes"] is [{ } bytes])
            http.Response.Headers.ContentDisposition = Encoding.Latin1.GetString(Convert.FromHexString(bytes));
        if (http.Request.Path == "/echo")
            http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.Headers["X-Answer"] = "yes";
        var answer = new JsonObject
        {
            ["method"] = http.Request.Method,
            ["target"] = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget,
            ["body"] = await new StreamReader(http.Request.Body).ReadToEndAsync(),
        };
        foreach (var (name, value) in http.Request.Headers)
            answer[name.ToLowerInvariant()] = value.ToString();
        await http.Response.WriteAsync(answer.ToJsonString());
    }

    /// <summary>Keeps errors.</summary>
    private sealed class ErrorLog(ConcurrentQueue<string> errors) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                errors.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}
