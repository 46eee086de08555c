using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Watch;

public sealed class WatchTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private readonly GatewayFixture _gateway = new();
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));

    public async ValueTask InitializeAsync() => await _gateway.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        _deadline.Dispose();
        await _gateway.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Watch_FromRevision_SeesChangesInOrder(int httpVersion)
    {
        var before = await HeadAsync();
        await CreateAsync("a");
        await using var watch = await OpenAsync($"?watch=true&resourceVersion={before}", httpVersion: httpVersion);
        (await watch.NextAsync()).ShouldBe("ADDED a");
        await CreateAsync("b");
        (await watch.NextAsync()).ShouldBe("ADDED b");
        await _gateway.Admin.DeleteAsync(Maps + "/a", TestContext.Current.CancellationToken);
        (await watch.NextAsync()).ShouldBe("DELETED a");
    }

    [Fact]
    public async Task Watch_OverAWebSocket_IsAMessageForEachEvent()
    {
        await CreateAsync("a");
        await CreateAsync("b");
        using var socket = await _gateway.OpenSocketAsync(Maps + "?watch=true", null);

        (await NextAsync()).ShouldBe("ADDED a");
        (await NextAsync()).ShouldBe("ADDED b");
        await _gateway.Admin.DeleteAsync(Maps + "/a", TestContext.Current.CancellationToken);
        (await NextAsync()).ShouldBe("DELETED a");
        await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

        async Task<string> NextAsync()
        {
            var change = JsonNode.Parse((await _gateway.ReadMessageAsync(socket))!)!;
            return $"{change["type"]} {change["object"]!["metadata"]!["name"]}";
        }
    }

    [Fact]
    public async Task Watch_OverAWebSocketThatReachesItsTime_IsClosedInOrder()
    {
        using var socket = await _gateway.OpenSocketAsync(Maps + "?watch=true&timeoutSeconds=1", null);

        (await _gateway.ReadMessageAsync(socket)).ShouldBeNull();
        socket.CloseStatus.ShouldBe(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task Watch_OverAWebSocketThatTheClientCloses_IsClosedInOrder()
    {
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, cancellationToken) =>
        {
            await CreateAsync($"m{i}");
            using var socket = await _gateway.OpenSocketAsync($"{Maps}?watch=true&fieldSelector=metadata.name%3Dm{i}", null);
            (await _gateway.ReadMessageAsync(socket)).ShouldNotBeNull();
            await _gateway.Admin.DeleteAsync($"{Maps}/m{i}", cancellationToken);

            // The server may still be busy with the message that the client has got.
            (await _gateway.ReadMessageAsync(socket)).ShouldNotBeNull();
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, cancellationToken);
            socket.CloseStatus.ShouldBe(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Watch_OfMoreThanIsSentAtOnce_ShowsEverything(int httpVersion)
    {
        var value = new string('x', 30_000);
        for (var i = 0; i < 20; i++)
            await _gateway.CreateAsync(Maps, $$$"""{"metadata":{"name":"m{{{i:d2}}}"},"data":{"value":"{{{value}}}"}}""");
        await using var watch = await OpenAsync("?watch=true", httpVersion: httpVersion);
        for (var i = 0; i < 20; i++)
            (await watch.NextAsync()).ShouldBe($"ADDED m{i:d2}");
    }

    [Fact]
    public async Task Watch_FromNow_BeginsWithPresentObjects()
    {
        await CreateAsync("a");
        await using var watch = await OpenAsync("?watch=true&allowWatchBookmarks=true");
        (await watch.NextAsync()).ShouldBe("ADDED a");
        await CreateAsync("b");
        (await watch.NextAsync()).ShouldBe("ADDED b");
    }

    [Fact]
    public async Task Watch_WithInitialEvents_MarksTheirEnd()
    {
        await CreateAsync("a");
        await using var watch = await OpenAsync("?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        (await watch.NextAsync()).ShouldBe("ADDED a");
        var bookmark = await watch.NextFrameAsync();
        bookmark["type"]!.GetValue<string>().ShouldBe("BOOKMARK");
        bookmark["object"]!["kind"]!.GetValue<string>().ShouldBe("ConfigMap");
        bookmark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>().ShouldBe("true");
        long.Parse(bookmark["object"]!["metadata"]!["resourceVersion"]!.GetValue<string>()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Watch_WithoutInitialEvents_BeginsWithTheNextChange()
    {
        await CreateAsync("a");
        await using var watch = await OpenAsync("?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
        await CreateAsync("b");
        (await watch.NextAsync()).ShouldBe("ADDED b");
    }

    [Fact]
    public async Task Watch_AsTable_TellsColumnsOnce()
    {
        await CreateAsync("a");
        await CreateAsync("b");
        await using var watch = await OpenAsync("?watch=true", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var first = await watch.NextFrameAsync();
        first["object"]!["kind"]!.GetValue<string>().ShouldBe("Table");
        first["object"]!["columnDefinitions"]!.AsArray().Count.ShouldBeGreaterThan(1);
        first["object"]!["rows"]!.AsArray().Single()!["cells"]!.AsArray()[0]!.GetValue<string>().ShouldBe("a");
        (await watch.NextFrameAsync())["object"]!["columnDefinitions"].ShouldBeNull();
    }

    [Fact]
    public async Task Watch_AsPartialMetadata_HasOnlyMetadata()
    {
        await CreateAsync("a");
        await using var watch = await OpenAsync("?watch=true", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
        var frame = await watch.NextFrameAsync();
        frame["object"]!["kind"]!.GetValue<string>().ShouldBe("PartialObjectMetadata");
        frame["object"]!["data"].ShouldBeNull();
    }

    [Fact]
    public async Task Watch_OfOneNameByPath_SeesOnlyIt()
    {
        await CreateAsync("a");
        await CreateAsync("b");
        await using var watch = await OpenAsync("", path: "/api/v1/watch/namespaces/default/configmaps/b");
        (await watch.NextAsync()).ShouldBe("ADDED b");
    }

    [Fact]
    public async Task Watch_WhoseTimeIsOver_EndsOrderly()
    {
        await using var watch = await OpenAsync("?watch=true&timeoutSeconds=1");
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_OfSiloThatStops_EndsOrderly()
    {
        await CreateAsync("a");
        await using var watch = await OpenAsync("?watch=true");
        (await watch.NextAsync()).ShouldBe("ADDED a");
        var stopping = _gateway.StopAsync(_deadline.Token);
        (await watch.NextAsync()).ShouldBeNull();
        await stopping;
    }

    [Fact]
    public async Task Watch_ThatFailsAtOnce_IsAnOrdinaryError()
    {
        _gateway.Objects.NextFailure = ApiErrors.Expired("too old resource version: 1 (5)");
        (await _gateway.Admin.GetJsonAsync(Maps + "?watch=true&resourceVersion=1")).ShouldFail(HttpStatusCode.Gone, "Expired");
    }

    [Fact]
    public async Task Watch_ThatFailsLater_EndsWithAnErrorEvent()
    {
        await CreateAsync("a");
        await using var watch = await OpenAsync("?watch=true");
        (await watch.NextAsync()).ShouldBe("ADDED a");
        _gateway.Objects.NextFailure = ApiErrors.Expired("too old");
        _gateway.Objects.Wake();
        var frame = await watch.NextFrameAsync();
        frame["type"]!.GetValue<string>().ShouldBe("ERROR");
        frame["object"]!["code"]!.GetValue<int>().ShouldBe(410);
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_AsYaml_IsNotAcceptable() =>
        (await _gateway.Admin.GetJsonAsync(Maps + "?watch=true", ("Accept", "application/yaml"))).Response.StatusCode.ShouldBe(HttpStatusCode.NotAcceptable);

    private Task CreateAsync(string name) => _gateway.CreateAsync(Maps, $$$"""{"metadata":{"name":"{{{name}}}"},"data":{"a":"1"}}""");

    private async Task<string> HeadAsync() =>
        (await _gateway.Admin.GetJsonAsync(Maps)).ShouldSucceed()["metadata"]!["resourceVersion"]!.GetValue<string>();

    private async Task<OpenWatch> OpenAsync(string query, string accept = "application/json", string path = Maps, int httpVersion = 2)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path + query)
        {
            Version = new Version(httpVersion, httpVersion == 1 ? 1 : 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        var response = await _gateway.Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _deadline.Token);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new OpenWatch(response, new StreamReader(await response.Content.ReadAsStreamAsync(_deadline.Token)), _deadline.Token);
    }

    private sealed class OpenWatch(HttpResponseMessage response, StreamReader lines, CancellationToken deadline) : IAsyncDisposable
    {
        public async Task<JsonNode> NextFrameAsync() => JsonNode.Parse((await lines.ReadLineAsync(deadline)).ShouldNotBeNull())!;

        /// <summary>Type and name of the next event; null at the end.</summary>
        public async Task<string?> NextAsync()
        {
            var line = await lines.ReadLineAsync(deadline);
            var frame = line is null ? null : JsonNode.Parse(line)!;
            return frame is null ? null : $"{frame["type"]} {frame["object"]!["metadata"]!["name"]}";
        }

        public ValueTask DisposeAsync()
        {
            lines.Dispose();
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
