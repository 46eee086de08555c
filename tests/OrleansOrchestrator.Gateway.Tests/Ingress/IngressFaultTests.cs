using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Endpoints that come, go and fail while requests are under way.</summary>
public sealed class IngressFaultTests : IAsyncLifetime
{
    private const string Host = "shop.example.com";

    private readonly List<PodServer> _servers = [];
    private IngressFixture _ingress = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _ingress = await IngressFixture.StartAsync(IngressFixture.Http with { SilenceSecondsMax = 1, UnreachableSeconds = 0, EndpointsPerRequestMax = 4 });

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await _ingress.DisposeAsync();
    }

    /// <summary>Nothing of a request has been sent to an endpoint without a connection, so that any request can go to another.</summary>
    [Fact]
    public async Task Request_WhoseEndpointCannotBeReached_GoesToAnother()
    {
        await ServeAsync("web-1");
        for (var i = 0; i < 3; i++)
            await _ingress.AddEndpointAsync("web", $"dead-{i}", 1);
        await _ingress.AddEndpointAsync("web", "not-there", 1);
        await _ingress.SetUnreadyAsync("web", "not-there");

        for (var i = 0; i < 20; i++)
        {
            using var response = await _ingress.Client.PostAsync(_ingress.At(Host, "/"), new StringContent($"body {i}"), Cancellation);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["body"]).ShouldBe($"body {i}");
        }
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("POST", false)]
    public async Task Request_WhoseServerBreaksOff_IsSentAgainOnlyIfThatMeansTheSame(string method, bool isRepeated)
    {
        var servers = await ServeAsync("web-1", "web-2");
        var before = servers.Select(server => server.Requests).ToList();
        using var request = new HttpRequestMessage(new HttpMethod(method), _ingress.At(Host, "/abort"));
        using var response = await _ingress.Client.SendAsync(request, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var sent = servers.Zip(before, (server, count) => server.Requests - count).ToList();
        if (isRepeated)
            sent.ShouldAllBe(count => count > 0);
        else
            sent.Sum().ShouldBe(1);
    }

    [Fact]
    public async Task Request_ThatTakesTooLong_IsToldSo()
    {
        await ServeAsync("web-1");
        using var response = await _ingress.Client.GetAsync(_ingress.At(Host, "/wait"), Cancellation);

        (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)).ShouldBe((HttpStatusCode.GatewayTimeout, "The service of this address did not answer in time.\n"));
    }

    /// <summary>Some clients offer HTTP/2 with every first request. That is no stream, and is told as soon as any other.</summary>
    [Fact]
    public async Task Request_WithAnOfferThatIsNotTaken_IsNoStream()
    {
        await ServeAsync("web-1");
        using var request = new HttpRequestMessage(HttpMethod.Get, _ingress.At(Host, "/wait"));
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("h2c");
        using var response = await _ingress.Client.SendAsync(request, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
    }

    /// <summary>Otherwise a silo with an open WebSocket could not stop in time.</summary>
    [Fact]
    public async Task Stream_WithoutAnEnd_KeepsNobodyFromStopping()
    {
        await ServeAsync("web-1");
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(_ingress.At(Host, "/socket")) { Scheme = "ws" }.Uri, _ingress.Client, Cancellation);

        await _ingress.StopServingAsync().WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    [Fact]
    public async Task Answer_WhoseServerFallsSilent_IsBrokenOff()
    {
        await ServeAsync("web-1");
        using var response = await _ingress.Client.GetAsync(_ingress.At(Host, "/stream"), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        (await reader.ReadLineAsync(Cancellation)).ShouldBe("first");
        await Should.ThrowAsync<IOException>(async () => await reader.ReadLineAsync(Cancellation));
    }

    [Fact]
    public async Task Request_UnderWay_OutlivesItsRule()
    {
        await using var patient = await IngressFixture.StartAsync();
        await using var server = await PodServer.StartAsync("web-1");
        await patient.CreateServiceAsync("web", [server]);
        await patient.CreateIngressAsync("shop", Host, ["/ web"]);
        await patient.UntilServedAsync(Host, "/", "web-1");
        var waiting = patient.Client.GetStringAsync(patient.At(Host, "/wait"), Cancellation);
        await server.Entered.WaitAsync(Cancellation);

        await patient.SetUnreadyAsync("web", "web-1");
        await patient.DeleteIngressAsync("shop");
        await patient.UntilServedAsync(Host, "/", null);
        server.Open();

        (await waiting).ShouldBe("done");
    }

    /// <summary>Routes, endpoints and servers change under load, as in a rollout: first a pod is no longer ready, then it stops.</summary>
    [Fact]
    public async Task Rollout_UnderLoad_FailsNoRequest()
    {
        var old = await ServeAsync("old-1", "old-2", "old-3");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var served = 0;
        var load = Enumerable.Range(0, 8).Select(_ => LoadAsync()).ToArray();

        for (var i = 0; i < old.Count; i++)
        {
            var fresh = await PodServer.StartAsync($"new-{i}");
            _servers.Add(fresh);
            await _ingress.AddEndpointAsync("web", fresh.Name, fresh.Port);
            await Eventually.HoldsAsync(() => fresh.Requests > 20);
            await _ingress.PatchIngressAsync("shop", $$$"""{"metadata":{"annotations":{"change":"{{{i}}}"} } }""");
            await _ingress.SetUnreadyAsync("web", old[i].Name);
            var before = Volatile.Read(ref served);
            await Eventually.HoldsAsync(() => Volatile.Read(ref served) > before + 50);
            await old[i].StopAsync();
        }

        await stop.CancelAsync();
        (await Task.WhenAll(load)).SelectMany(faults => faults).ShouldBeEmpty();

        async Task<List<string>> LoadAsync()
        {
            var faults = new List<string>();
            while (!stop.IsCancellationRequested)
            {
                using var response = await _ingress.Client.GetAsync(_ingress.At(Host, "/"), Cancellation);
                if (response.StatusCode != HttpStatusCode.OK)
                    faults.Add($"{response.StatusCode}: {await response.Content.ReadAsStringAsync(Cancellation)}");
                Interlocked.Increment(ref served);
            }

            return faults;
        }
    }

    private async Task<IReadOnlyList<PodServer>> ServeAsync(params string[] names)
    {
        foreach (var name in names)
            _servers.Add(await PodServer.StartAsync(name));
        await _ingress.CreateServiceAsync("web", [.. _servers]);
        await _ingress.CreateIngressAsync("shop", Host, ["/ web"]);
        await Eventually.HoldsAsync(async () => await _ingress.AskAsync(Host, "/") is not null);
        return [.. _servers];
    }
}
