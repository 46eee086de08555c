using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Aggregation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Gateway.Tests.Kubectl;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Aggregation;

/// <summary>Requests to an API server that an APIService names.</summary>
public sealed class AggregationTests : IAsyncLifetime
{
    private const string Flunders = ExtensionServer.Root + "/namespaces/default/flunders";
    private const string AggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private readonly GatewayFixture _gateway = new();
    private ExtensionServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        _server = await ExtensionServer.StartAsync(_gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "", "")]
    [InlineData("GET", "/a:b*%20c", "?labelSelector=a%3Db&limit=5")]
    [InlineData("POST", "", "?fieldManager=x")]
    [InlineData("PATCH", "/one/status", "")]
    [InlineData("DELETE", "/one", "")]
    public async Task Request_ForTheServersVersion_ReachesItAsItIs(string method, string path, string query)
    {
        await _server.AnnounceAsync();

        var (response, seen) = await _gateway.Admin.CallAsync(new HttpMethod(method), Flunders + path + query, method == "GET" ? null : new StringContent("body"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ((string?)seen!["method"], (string?)seen["target"], (string?)seen["host"]).ShouldBe((method, Flunders + path + query, "api.wardle.svc"));
        response.Headers.CacheControl!.ToString().ShouldBe("no-store");
        (_server.Caller!.Subject, _server.Caller.Issuer).ShouldBe(("CN=front-proxy-client", "CN=orleansorchestrator-front-proxy-ca"));
        _gateway.Identity.FrontProxyAuthority.IsIssuerOf(_server.Caller, TimeProvider.System.GetUtcNow()).ShouldBeTrue();
    }

    [Theory]
    [InlineData("/#x", "/%23x")]
    [InlineData("/%23x", "/%23x")]
    [InlineData("/a\\b", "/a%5Cb")]
    [InlineData("/a\\..\\..\\secrets", "/a%5C..%5C..%5Csecrets")]
    [InlineData("/x/../%2541", "/%2541")]
    [InlineData("/%252e%252e/a", "/%252e%252e/a")]
    [InlineData("/a%3Fwatch=1", "/a%3Fwatch=1")]
    [InlineData("/a?watch=1#", "/a?watch=1%23")]
    public async Task Request_HoweverWritten_IsWhatWasAuthorized(string path, string seen)
    {
        await _server.AnnounceAsync();

        ((string?)(await _gateway.Admin.CallRawAsync(HttpMethod.Delete, Flunders + path)).ShouldSucceed()["target"]).ShouldBe(Flunders + seen);
    }

    [Theory]
    [InlineData("/a%2Fstatus")]
    [InlineData("/a%2fb?limit=5")]
    public async Task Request_WithASlashInAName_DoesNotReachTheServer(string path)
    {
        await _server.AnnounceAsync();

        (await _gateway.Admin.CallRawAsync(HttpMethod.Put, Flunders + path)).ShouldFail(HttpStatusCode.BadRequest, "BadRequest").ShouldBe("the path may not contain an encoded slash");
        _server.Asked.ShouldNotContain(asked => asked.StartsWith(Flunders));
        ((string?)(await _gateway.Admin.GetJsonAsync(Flunders + "?continue=a%2Fb")).ShouldSucceed()["target"]).ShouldBe(Flunders + "?continue=a%2Fb");
    }

    [Theory]
    [InlineData("/apis/stable.example.com/v1/namespaces/default/crontabs/a", true)]
    [InlineData("/apis/stable.example.com/v1", true)]
    [InlineData("/apis/stable.example.com", true)]
    [InlineData("/apis/apps/v2/deployments", true)]
    [InlineData("/apis/metrics.k8s.io/v1beta1/pods", true)]
    [InlineData("/apis/metrics.k8s.io", true)]
    [InlineData("/apis/apps/v1/deployments", false)]
    [InlineData("/apis/apps/v1", false)]
    [InlineData("/apis/apps", false)]
    [InlineData("/apis", false)]
    [InlineData("/api/v1/pods", false)]
    [InlineData("/readyz", false)]
    public async Task Request_BeforeTheAPIServicesAreKnown_IsServedOnlyIfNoneCanTakeIt(string path, bool isRefused)
    {
        using var servers = new AggregatedServers(_gateway.Objects, _gateway.Registry, TimeProvider.System, NullLogger<AggregatedServers>.Instance);
        var proxy = new AggregationProxy(servers, null!, null!, null!);
        var info = _gateway.Parser.Parse("GET", path, RequestOptions.Parse(default));

        if (isRefused)
            Should.Throw<ApiException>(() => proxy.Find(info)).Code.ShouldBe(503);
        else
            proxy.Find(info).ShouldBeNull();
        var apis = new AggregatedApis(servers, null!);
        Should.Throw<ApiException>(() => apis.VersionsOf("metrics.k8s.io")).Code.ShouldBe(503);
        (await Should.ThrowAsync<ApiException>(() => apis.GetAsync("metrics.k8s.io", "v1beta1", path, new UserInfo("a", []), Cancellation))).Code.ShouldBe(503);
    }

    [Fact]
    public async Task User_OfARequest_IsToldAsThisServerKnowsIt()
    {
        await _server.AnnounceAsync();

        var seen = (await _gateway.Admin.GetJsonAsync(
            Flunders,
            ("X-Remote-User", "forged"), ("x-remote-group", "system:masters"), ("X-Remote-Extra-Scopes", "all"), ("X-Remote-Uid", "1"), ("Cookie", "kept=1"))).ShouldSucceed();

        ((string?)seen["x-remote-user"], (string?)seen["x-remote-group"]).ShouldBe(("kubernetes-admin", "system:masters|system:authenticated"));
        seen.AsObject().Select(header => header.Key).ShouldNotContain(name => name.StartsWith("x-remote-extra") || name == "x-remote-uid" || name == "authorization");
        ((string?)seen["cookie"]).ShouldBe("kept=1");
    }

    [Fact]
    public async Task User_ThatIsImpersonated_IsToldWithItsAttributes()
    {
        await _server.AnnounceAsync();
        _server.Answers = async http =>
        {
            await http.Response.WriteAsJsonAsync(http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join('|', header.Value.ToArray())));
            return true;
        };
        var headers = (await _gateway.Admin.GetJsonAsync(
            ExtensionServer.Root, ("Impersonate-User", "jane"), ("Impersonate-Group", "a,b"), ("Impersonate-Extra-acme.com%2Fproject", "blue"))).ShouldSucceed();
        ((string?)headers["x-remote-user"], (string?)headers["x-remote-group"], (string?)headers["x-remote-extra-acme.com%2fproject"])
            .ShouldBe(("jane", "a,b|system:authenticated", "blue"));
        headers.AsObject().Select(header => header.Key).ShouldNotContain(name => name.StartsWith("impersonate"));
    }

    [Theory]
    [InlineData("a b, c:d;\u00e9")]
    [InlineData("\U0001f600\uffff")]
    public void HeaderLines_OfValues_AreOneLineEach(string value)
    {
        var joined = HeaderLines.Join([value, "", value]);
        var encoding = new HeaderLines("X-Remote-Group");
        var bytes = new byte[encoding.GetMaxByteCount(joined.Length)];

        var written = encoding.GetBytes(joined, bytes);

        Encoding.UTF8.GetString(bytes, 0, written).ShouldBe($"{value}\r\nX-Remote-Group: \r\nX-Remote-Group: {value}");
        encoding.GetByteCount(joined).ShouldBe(written);
    }

    [Theory]
    [InlineData("a\uE000system:masters")]
    [InlineData("a\r\nX-Remote-Group: system:masters")]
    [InlineData(" kubernetes-admin")]
    [InlineData("kubernetes-admin\t")]
    [InlineData("a\0")]
    public void User_WhoseNameWouldBecomeAnother_IsNotTold(string name)
    {
        using var request = new HttpRequestMessage();
        foreach (var user in (UserInfo[])[new(name, []), new("a", ["g", name]), new("a", []) { Extra = new Dictionary<string, IReadOnlyList<string>> { ["k"] = [name] } }])
            Should.Throw<ApiException>(() => RemoteUser.Set(request.Headers, user)).Code.ShouldBe(400);
    }

    [Fact]
    public async Task User_WhoseNameNoHeaderCarries_IsABadRequest()
    {
        await _server.AnnounceAsync();

        // The bytes of U+E000.
        (await _gateway.Admin.GetJsonAsync(Flunders, ("Impersonate-User", "a\u00ee\u0080\u0080b"), ("Impersonate-Group", "system:masters"))).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
        _server.Asked.ShouldNotContain(Flunders);
    }

    [Fact]
    public async Task User_WhoMayNot_DoesNotReachTheServer()
    {
        await _server.AnnounceAsync();

        (await _gateway.Admin.GetJsonAsync(Flunders, ("Impersonate-User", "jane"))).ShouldFail(HttpStatusCode.Forbidden, "Forbidden");
        _server.Asked.ShouldNotContain(Flunders);
    }

    [Fact]
    public async Task Body_ThatIsLargerThanAnObjectMayBe_IsPassedOn()
    {
        await _server.AnnounceAsync();

        var (response, seen) = await _gateway.Admin.CallAsync(HttpMethod.Post, Flunders, new ByteArrayContent(new byte[8 * 1024 * 1024]));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ((string?)seen!["length"]).ShouldBe("8388608");
    }

    [Fact]
    public async Task Watch_OfTheServer_ComesEventByEvent()
    {
        await _server.AnnounceAsync();
        var next = new SemaphoreSlim(0);
        _server.Answers = async http =>
        {
            if (!http.Request.Query.ContainsKey("watch"))
                return false;
            for (var i = 0; i < 3; i++)
            {
                await http.Response.WriteAsync($"event {i}\n");
                await http.Response.Body.FlushAsync();
                await next.WaitAsync(http.RequestAborted);
            }

            return true;
        };

        using var response = await _gateway.Admin.GetAsync(Flunders + "?watch=true", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        for (var i = 0; i < 3; i++)
        {
            (await lines.ReadLineAsync(Cancellation)).ShouldBe($"event {i}");
            next.Release();
        }

        (await lines.ReadLineAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Upgrade_ToAWebSocket_IsPassedOn()
    {
        await _server.AnnounceAsync();
        _server.Answers = EchoAsync;

        using var socket = await _gateway.OpenSocketAsync(Flunders + "/one/exec", protocol: null);
        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
        Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(socket))!).ShouldBe("ping");
    }

    [Theory]
    [InlineData("/one/tunnel")]
    [InlineData("/one")]
    public async Task Upgrade_OfAnyPath_LastsLongerThanARequest(string path)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = new GatewayFixture { Configure = services => services.AddSingleton<TimeProvider>(time) };
        await gateway.InitializeAsync();
        await using var server = await ExtensionServer.StartAsync(gateway);
        await server.AnnounceAsync();
        server.Answers = EchoAsync;

        using var socket = await gateway.OpenSocketAsync(Flunders + path, protocol: null);
        for (var i = 0; i < 2; i++)
        {
            time.Advance(TimeSpan.FromSeconds(gateway.Options.RequestSecondsMax + 1));
            await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
            Encoding.UTF8.GetString((await gateway.ReadMessageAsync(socket))!).ShouldBe("ping");
        }
    }

    [Theory]
    [InlineData("False")]
    [InlineData("Unknown")]
    public async Task Server_ThatIsNotAvailable_IsNotAsked(string status)
    {
        await _server.AnnounceAsync(available: status);

        (await _gateway.Admin.GetJsonAsync(Flunders)).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable").ShouldBe("service unavailable");
        (await _gateway.Admin.GetJsonAsync(ExtensionServer.Root)).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable");
        _server.Asked.ShouldBeEmpty();

        await _server.SetAvailableAsync("True");
        await Eventually.HoldsAsync(async () => (await _gateway.Admin.GetJsonAsync(Flunders)).Response.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Server_ThatIsDead_IsUnavailable_AndNothingElseIs()
    {
        await _server.AnnounceAsync();
        await _server.DisposeAsync();

        (await _gateway.Admin.GetJsonAsync(Flunders)).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable").ShouldStartWith("error trying to reach service: ");
        (await _gateway.Admin.GetJsonAsync("/apis")).ShouldSucceed()["groups"]!.AsArray().Select(group => (string?)group!["name"]).ShouldContain("apps");
        (await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/wardle/pods")).ShouldSucceed();
    }

    [Theory]
    [InlineData("\"caBundle\":\"OTHER\"", "x509: certificate signed by unknown authority")]
    [InlineData("\"caBundle\":\"bm9uZQ==\"", "x509: certificate signed by unknown authority")]
    [InlineData("\"insecureSkipTLSVerify\":false", "x509: certificate signed by unknown authority")]
    public async Task Server_OfAnUnknownAuthority_GetsNoRequest(string trust, string why)
    {
        await using var other = new GatewayFixture();
        await other.InitializeAsync();
        await _server.AnnounceAsync(trust: trust.Replace("OTHER", Convert.ToBase64String(Encoding.ASCII.GetBytes(other.Identity.Authority.CertificatePem)), StringComparison.Ordinal));

        (await _gateway.Admin.GetJsonAsync(Flunders)).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable").ShouldBe($"error trying to reach service: {why}");
        _server.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Server_WhoseCertificateIsNotVerified_IsAsked()
    {
        await _server.AnnounceAsync(trust: "\"insecureSkipTLSVerify\":true");

        (await _gateway.Admin.GetJsonAsync(Flunders)).ShouldSucceed();
    }

    [Fact]
    public async Task Server_WithTheCertificateOfAnotherService_GetsNoRequest()
    {
        await using var gateway = new GatewayFixture();
        await gateway.InitializeAsync();
        await using var server = await ExtensionServer.StartAsync(gateway, host: "other.wardle.svc");
        await server.AnnounceAsync();

        (await gateway.Admin.GetJsonAsync(Flunders)).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldBe("error trying to reach service: x509: certificate is not valid for api.wardle.svc");
        server.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Server_ThatRedirects_LeadsNobodyElsewhere()
    {
        await _server.AnnounceAsync();
        _server.Answers = http =>
        {
            http.Response.Redirect("https://elsewhere.example.com/");
            return Task.FromResult(true);
        };

        var (response, body) = await _gateway.Admin.GetJsonAsync(Flunders);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        ((string?)body!["message"]).ShouldBe("the backend attempted to redirect this request, which is not permitted");
        response.Headers.Location.ShouldBeNull();
        (await Should.ThrowAsync<ApiException>(() => AskAsync(Flunders))).Code.ShouldBe(503);
    }

    [Fact]
    public async Task Server_ThatNeverEndsItsAnswer_CostsTheControlPlaneABoundedOne()
    {
        await _server.AnnounceAsync();
        _server.Answers = async http =>
        {
            var chunk = new byte[1024 * 1024];
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.Body.WriteAsync(chunk, http.RequestAborted);
            return true;
        };

        (await Should.ThrowAsync<ApiException>(() => AskAsync(Flunders))).Code.ShouldBe(503);
    }

    [Fact]
    public async Task Server_ThatDoesNotSayWhatItHas_DelaysItsOwnClientsOnly()
    {
        await _server.AnnounceAsync();
        _server.Answers = async http =>
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
            return true;
        };

        var asking = _gateway.Admin.GetJsonAsync(ExtensionServer.Root);
        for (var i = 0; i < 20; i++)
        {
            (await _gateway.Admin.GetJsonAsync("/apis", ("Accept", AggregatedDiscovery))).ShouldSucceed();
            (await _gateway.Admin.GetJsonAsync("/openapi/v3")).ShouldSucceed();
        }

        asking.IsCompleted.ShouldBeFalse();
        (await asking).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable").ShouldContain("no answer within 5 s");
    }

    [Fact]
    public async Task Server_ThatHasBegunToSayWhatItHas_MayTakeItsTime()
    {
        await _server.AnnounceAsync();
        _server.Answers = async http =>
        {
            await http.Response.WriteAsync("{");
            await http.Response.Body.FlushAsync();
            await Task.Delay(ServerLocator.DiscoveryWithin + TimeSpan.FromSeconds(1), TimeProvider.System, http.RequestAborted);
            await http.Response.WriteAsync("}");
            return true;
        };

        (await _gateway.Admin.GetStringAsync(ExtensionServer.Root, Cancellation)).ShouldBe("{}");
    }

    [Theory]
    [InlineData("apps", "v1")]
    [InlineData("apiregistration.k8s.io", "v1")]
    [InlineData("authorization.k8s.io", "v1")]
    public async Task BuiltInVersion_ThatIsGivenToAService_IsNotTaken(string group, string version)
    {
        await _server.AnnounceAsync();
        await _gateway.CreateAsync("/apis/apiregistration.k8s.io/v1/apiservices", $$"""
            {"metadata":{"name":"{{version}}.{{group}}"},"spec":{"group":"{{group}}","version":"{{version}}","groupPriorityMinimum":20000,"versionPriority":1000,
             "service":{"namespace":"wardle","name":"api"},"insecureSkipTLSVerify":true},"status":{"conditions":[{"type":"Available","status":"True"}]} }
            """);
        await _server.AnnounceAsync(version: "v2");

        (await _gateway.Admin.GetJsonAsync($"/apis/{group}/{version}")).ShouldSucceed()["kind"]!.GetValue<string>().ShouldBe("APIResourceList");
        _server.Asked.ShouldAllBe(path => !path.StartsWith("/apis/" + group));
        _gateway.Aggregated.VersionsOf(group).ShouldBeEmpty();
    }

    [Fact]
    public async Task Metrics_OfPods_AreThoseOfTheServerThatTookThem()
    {
        await _server.AnnounceAsync("metrics.k8s.io", "v1beta1");

        ((string?)(await _gateway.Admin.GetJsonAsync("/apis/metrics.k8s.io/v1beta1/nodes")).ShouldSucceed()["target"]).ShouldBe("/apis/metrics.k8s.io/v1beta1/nodes");
        await _gateway.Admin.CallAsync(HttpMethod.Delete, "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io");
        await Eventually.HoldsAsync(() => _gateway.Aggregated.VersionsOf("metrics.k8s.io").Count == 0);
    }

    [Fact]
    public async Task Probe_OfAServer_SaysWhyItDoesNotServe()
    {
        var api = new k8s.Models.V1APIService
        {
            Metadata = new() { Name = "v1alpha1." + ExtensionServer.Group },
            Spec = new()
            {
                Group = ExtensionServer.Group,
                Version = "v1alpha1",
                Service = new() { NamespaceProperty = "wardle", Name = "api", Port = 443 },
                CaBundle = Convert.FromBase64String(_server.CaBundle),
            },
        };
        (await _gateway.Aggregated.ProbeAsync(api, Cancellation)).ShouldBeNull();

        api.Spec.Version = "v3";
        _server.Answers = http =>
        {
            http.Response.StatusCode = 404;
            return Task.FromResult(true);
        };
        var address = $"https://api.wardle.svc:443/apis/{ExtensionServer.Group}/v3";
        (await _gateway.Aggregated.ProbeAsync(api, Cancellation)).ShouldBe($"failing or missing response from {address}: bad status from {address}: 404");

        api.Spec.CaBundle = Encoding.ASCII.GetBytes(_gateway.Identity.Authority.CertificatePem);
        (await _gateway.Aggregated.ProbeAsync(api, Cancellation)).ShouldBe($"failing or missing response from {address}: x509: certificate signed by unknown authority");

        await _server.DisposeAsync();
        (await _gateway.Aggregated.ProbeAsync(api, Cancellation)).ShouldNotBeNull().ShouldNotContain("10.1.2.3");
    }

    [Fact]
    public async Task Discovery_OfTheServer_IsPartOfTheClusters()
    {
        await _server.AnnounceAsync();

        var groups = (await _gateway.Admin.GetJsonAsync("/apis")).ShouldSucceed()["groups"]!.AsArray();
        var group = groups.Single(one => (string?)one!["name"] == ExtensionServer.Group)!;
        ((string?)group["preferredVersion"]!["groupVersion"]).ShouldBe(ExtensionServer.Group + "/v1alpha1");
        (await _gateway.Admin.GetJsonAsync($"/apis/{ExtensionServer.Group}")).ShouldSucceed()["kind"]!.GetValue<string>().ShouldBe("APIGroup");
        ((string?)(await _gateway.Admin.GetJsonAsync(ExtensionServer.Root)).ShouldSucceed()["resources"]![0]!["name"]).ShouldBe("flunders");

        var version = await AggregatedAsync(version => (string?)version["freshness"] == "Current");
        var flunders = version["resources"]!.AsArray().Single()!;
        ((string?)flunders["resource"], (string?)flunders["responseKind"]!["group"], (string?)flunders["scope"]).ShouldBe(("flunders", ExtensionServer.Group, "Namespaced"));
        ((string?)flunders["subresources"]![0]!["subresource"]).ShouldBe("status");
    }

    [Fact]
    public async Task Discovery_OfAServerThatCeasesToAnswer_IsKeptAndMarked()
    {
        await _server.AnnounceAsync();
        await AggregatedAsync(version => (string?)version["freshness"] == "Current");

        await _server.SetAvailableAsync("False");

        (await AggregatedAsync(version => (string?)version["freshness"] == "Stale"))["resources"]!.AsArray().Count.ShouldBe(1);
        await _server.SetAvailableAsync("True");
        await AggregatedAsync(version => (string?)version["freshness"] == "Current");
    }

    [Fact]
    public async Task Discovery_OfAServerThatSaysNonsense_IsEmptyAndMarked()
    {
        _server.Answers = async http =>
        {
            await http.Response.WriteAsync("""{"kind":"APIResourceList","resources":[{"name":[]}]}""");
            return true;
        };
        await _server.AnnounceAsync();

        (await AggregatedAsync(version => (string?)version["freshness"] == "Stale"))["resources"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_InDiscovery_HaveTheOrderOfTheirPriorities()
    {
        await _server.AnnounceAsync();

        var names = (await _gateway.Admin.GetJsonAsync("/apis")).ShouldSucceed()["groups"]!.AsArray().Select(group => (string)group!["name"]!).ToList();

        names[..3].ShouldBe(["apiregistration.k8s.io", "apps", "events.k8s.io"]);
        names[^2..].ShouldBe([ExtensionServer.Group, "metrics.k8s.io"]);
    }

    [Fact]
    public async Task OpenApi_OfTheServer_IsAskedOfIt()
    {
        const string Document = "/openapi/v3" + ExtensionServer.Root;
        _server.Answers = async http =>
        {
            if (!http.Request.Path.StartsWithSegments("/openapi"))
                return false;
            await http.Response.WriteAsync(http.Request.Path == Document
                ? """{"openapi":"3.0.0","info":{"title":"wardle"} }"""
                : $$$"""{"paths":{"{{{ExtensionServer.Root[1..]}}}":{"serverRelativeURL":"{{{Document}}}?hash=ABC"} } }""");
            return true;
        };
        await _server.AnnounceAsync();

        await Eventually.HoldsAsync(async () =>
            (string?)(await _gateway.Admin.GetJsonAsync("/openapi/v3")).ShouldSucceed()["paths"]![ExtensionServer.Root[1..]]?["serverRelativeURL"] == Document + "?hash=ABC");
        ((string?)(await _gateway.Admin.GetJsonAsync(Document + "?hash=ABC")).ShouldSucceed()["info"]!["title"]).ShouldBe("wardle");
        (await _gateway.Admin.GetJsonAsync("/openapi/v3")).ShouldSucceed()["paths"]!["apis/apps/v1"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Kubectl_OfTheServersKinds_WorksAsWithOthers()
    {
        _server.Answers = async http =>
        {
            if (http.Request.Path != Flunders)
                return false;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync($$"""
                {"kind":"FlunderList","apiVersion":"{{ExtensionServer.Group}}/v1alpha1","metadata":{},"items":[
                 {"kind":"Flunder","apiVersion":"{{ExtensionServer.Group}}/v1alpha1","metadata":{"name":"blue","namespace":"default"} }]}
                """);
            return true;
        };
        await _server.AnnounceAsync();
        await AggregatedAsync(version => (string?)version["freshness"] == "Current");
        using var kubectl = new KubectlRun(_gateway);

        (await kubectl.RunAsync("api-resources")).ShouldMatch(@"flunders\s+fl\s+wardle.example.com/v1alpha1\s+true\s+Flunder");
        (await kubectl.RunAsync("get fl -o name")).TrimEnd().ShouldBe("flunder.wardle.example.com/blue");
        (await kubectl.RunAsync("get apiservices")).ShouldMatch(@"v1alpha1.wardle.example.com\s+wardle/api\s+True\s");

        await _server.SetAvailableAsync("False");
        await AggregatedAsync(version => (string?)version["freshness"] == "Stale");
        (await kubectl.RunAsync("get apiservices")).ShouldMatch(@"v1alpha1.wardle.example.com\s+wardle/api\s+False \(Test\)\s");
        (await kubectl.TryRunAsync("get fl")).Output.ShouldContain("Error from server (ServiceUnavailable): service unavailable");
        (await kubectl.RunAsync("get pods -n wardle -o name")).TrimEnd().ShouldBe("pod/api-1");
    }

    private async Task<JsonNode> AggregatedAsync(Func<JsonNode, bool> isReached)
    {
        JsonNode? version = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                var list = (await _gateway.Admin.GetJsonAsync("/apis", ("Accept", AggregatedDiscovery))).ShouldSucceed();
                version = list["items"]!.AsArray().SingleOrDefault(item => (string?)item!["metadata"]!["name"] == ExtensionServer.Group)?["versions"]![0];
                return version is not null && isReached(version);
            });
        return version!;
    }

    /// <summary>Answers each message with itself.</summary>
    private static async Task<bool> EchoAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
            return false;
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[100];
        while (await socket.ReceiveAsync(buffer, http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } received)
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, http.RequestAborted);
        return true;
    }

    private Task<ReadOnlyMemory<byte>> AskAsync(string path) => _gateway.Aggregated.GetAsync(
        ExtensionServer.Group, "v1alpha1", path, new UserInfo("system:serviceaccount:kube-system:horizontal-pod-autoscaler", []), Cancellation);
}
