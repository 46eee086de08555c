using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Gateway.Tests.Nodes;

namespace OrleansOrchestrator.Gateway.Tests.Streams;

public sealed class PodStreamTests : IAsyncLifetime
{
    private const string Exec = "/api/v1/namespaces/default/pods/web/exec";
    private const string V5 = "v5.channel.k8s.io";

    private readonly GatewayFixture _gateway = new()
    {
        Options = new GatewayOptions
        {
            ListenAddress = IPAddress.Loopback,
            Port = 0,
            RequestSecondsMax = 1,
            ReadsInFlightPerUserMax = 2,
            WritesInFlightPerUserMax = 2,
            StreamsPerUserMax = 250,
        },
    };

    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeDaemon _daemon = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        _daemon = await FakeDaemon.StartAsync(AnswerAsync);
        await _daemon.RegisterAsync(_gateway);
        await FakeDaemon.CreatePodAsync(_gateway, "web", "n1", "main", "side");
    }

    public async ValueTask DisposeAsync()
    {
        _mayRead.TrySetResult();
        await _gateway.DisposeAsync();
        await _daemon.DisposeAsync();
    }

    [Fact]
    public async Task Exec_OverAWebSocket_HandsMessagesOnAsTheyAre()
    {
        using var socket = await _gateway.OpenSocketAsync(Exec + "?container=side&command=sh&command=-c&command=a%20b&stdin=true&stdout=1&stderr=0&tty=false", V5);
        socket.SubProtocol.ShouldBe(V5);
        _daemon.Requested.ShouldBe("/exec/default/web/side?input=1&output=1&command=sh&command=-c&command=a%20b");
        _daemon.Caller.ShouldContain("CN=" + ClusterIdentity.GatewayUser);

        await socket.SendAsync("part 1, "u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, Cancellation);
        await socket.SendAsync("part 2"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(socket))!).ShouldBe("part 1, part 2");
        await socket.SendAsync("text"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
        Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(socket))!).ShouldBe("text");
    }

    [Fact]
    public async Task Stream_ThatTheClientHalfCloses_StillBringsWhatTheNodeSays()
    {
        using var socket = await _gateway.OpenSocketAsync(Exec + "?container=main&command=half&stdout=1", V5);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "enough", Cancellation);
        Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(socket))!).ShouldBe("enough said");
        (await _gateway.ReadMessageAsync(socket)).ShouldBeNull();
        socket.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task Stream_ThatTheNodeDoesNotRead_HoldsUpOnlyItsClient()
    {
        using var slow = await _gateway.OpenSocketAsync(Exec + "?container=main&command=deaf&stdin=1", V5);
        using var quick = await _gateway.OpenSocketAsync(Exec + "?container=main&command=echo&stdin=1", V5);
        var block = new byte[64 * 1024];
        long sent = 0;
        var sending = SendAllAsync();
        long before;
        do
        {
            before = Volatile.Read(ref sent);
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, Cancellation));
        }
        while (Volatile.Read(ref sent) != before);

        sending.IsCompleted.ShouldBeFalse("nobody reads, so the client has to wait");
        Volatile.Read(ref sent).ShouldBeLessThan(32L * 1024 * 1024);
        await quick.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(quick))!).ShouldBe("still here");

        _mayRead.SetResult();
        await sending;

        async Task SendAllAsync()
        {
            for (var i = 0; i < 1024; i++)
            {
                await slow.SendAsync(block, WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
                Volatile.Write(ref sent, sent + block.Length);
            }
        }
    }

    [Fact]
    public async Task Stream_WhoseClientGoesWithoutAWord_EndsOnTheNode()
    {
        var socket = await _gateway.OpenSocketAsync(Exec + "?container=main&command=wait&stdout=1", V5);
        socket.Abort();
        socket.Dispose();
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Stream_WhoseNodeGoesWithoutAWord_EndsAndSaysSo()
    {
        using var socket = await _gateway.OpenSocketAsync(Exec + "?container=main&command=wait&stdout=1", V5);
        await _daemon.KillAsync();
        (await _gateway.ReadMessageAsync(socket)).ShouldBeNull();
        socket.CloseStatus.ShouldBe(WebSocketCloseStatus.InternalServerError);
        socket.CloseStatusDescription.ShouldBe("the connection to the node was lost");
    }

    [Fact]
    public async Task Stream_ThatLastsLongerThanARequest_TakesNoPlaceOfOne()
    {
        using var first = await _gateway.OpenSocketAsync(Exec + "?container=main&command=echo&stdin=1", V5);
        using var second = await _gateway.OpenSocketAsync(Exec + "?container=main&command=echo&stdin=1", V5);
        using var third = await _gateway.OpenSocketAsync(Exec + "?container=main&command=echo&stdin=1", V5);
        (await _gateway.Admin.GetJsonAsync("/api/v1/nodes/n1")).ShouldSucceed();

        // Longer than RequestSecondsMax.
        await Task.Delay(TimeSpan.FromSeconds(1.3), TimeProvider.System, Cancellation);
        await third.SendAsync("late"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(third))!).ShouldBe("late");
    }

    [Fact]
    public async Task Streams_200AtOnce_ShareConnectionsAndHaveNoThreadEach()
    {
        var sockets = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _gateway.OpenSocketAsync(Exec + "?container=main&command=echo&stdin=1", V5)));
        using var process = Process.GetCurrentProcess();
        process.Threads.Count.ShouldBeLessThan(100);
        _daemon.Connections.ShouldBeLessThan(8);
        await Task.WhenAll(sockets.Select(async socket =>
        {
            await socket.SendAsync("x"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
            Encoding.UTF8.GetString((await _gateway.ReadMessageAsync(socket))!).ShouldBe("x");
        }));
        foreach (var socket in sockets)
            socket.Dispose();
    }

    [Fact]
    public async Task Exec_ThatTheNodeRefuses_IsToldOverTheErrorChannel()
    {
        using var socket = await _gateway.OpenSocketAsync(Exec + "?container=main&command=refuse&stdout=1", "v4.channel.k8s.io");
        var message = (await _gateway.ReadMessageAsync(socket))!;
        message[0].ShouldBe((byte)3);
        var status = JsonNode.Parse(message.AsSpan(1))!;
        status["status"]!.GetValue<string>().ShouldBe("Failure");
        status["message"]!.GetValue<string>().ShouldEndWith("unable to upgrade connection: container not found (\"main\")");
        (await _gateway.ReadMessageAsync(socket)).ShouldBeNull();
    }

    [Theory]
    [InlineData("?container=none&command=x", HttpStatusCode.BadRequest, "container none is not valid for pod web")]
    [InlineData("?command=x", HttpStatusCode.BadRequest, "a container name must be specified for pod web, choose one of: [main side]")]
    [InlineData("?container=main&command=x&stdout=1", HttpStatusCode.BadRequest, "Upgrade request required")]
    public async Task Exec_ThatIsNotClear_IsRefused(string query, HttpStatusCode code, string message) =>
        (await _gateway.Admin.GetJsonAsync(Exec + query)).ShouldFail(code, "BadRequest").ShouldBe(message);

    [Fact]
    public async Task Exec_OfAPodWithoutANode_IsRefused()
    {
        await FakeDaemon.CreatePodAsync(_gateway, "waiting", null, "main");
        (await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/default/pods/waiting/exec?command=x")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("pod waiting does not have a host assigned");
        (await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/default/pods/nobody/attach")).ShouldFail(HttpStatusCode.NotFound, "NotFound");
    }

    [Theory]
    [InlineData(Exec + "?container=main&command=echo&stdin=1", "v4.channel.k8s.io", "/exec/default/web/main?input=1&command=echo")]
    [InlineData("/api/v1/namespaces/default/pods/web/portforward", "portforward.k8s.io", "/portForward/default/web")]
    [InlineData(Exec + "?container=main&command=echo&stdin=1", null, "/exec/default/web/main?input=1&command=echo")]
    public async Task Stream_OverSpdy_HandsBytesOnAsTheyAre(string path, string? protocol, string requested)
    {
        using var response = await UpgradeAsync(path, protocol);
        response.StatusCode.ShouldBe(HttpStatusCode.SwitchingProtocols);
        response.Headers.Upgrade.ToString().ShouldBe("SPDY/3.1");
        (response.Headers.TryGetValues("X-Stream-Protocol-Version", out var chosen) ? chosen.Single() : null).ShouldBe(protocol);
        _daemon.Requested.ShouldBe(requested);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        var sent = RandomNumberGenerator.GetBytes(300_000);
        var sending = stream.WriteAsync(sent, Cancellation);
        var received = new byte[sent.Length];
        await stream.ReadExactlyAsync(received, Cancellation);
        await sending;
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
    }

    [Fact]
    public async Task Stream_OverSpdyThatTheNodeEnds_IsReadToItsEnd()
    {
        using var response = await UpgradeAsync(Exec + "?container=main&command=last&stdout=1", "v4.channel.k8s.io");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        (await reader.ReadToEndAsync(Cancellation)).Length.ShouldBe(1_000_000);
    }

    [Fact]
    public async Task Stream_OverSpdyWhoseClientGoesWithoutAWord_EndsOnTheNode()
    {
        var response = await UpgradeAsync(Exec + "?container=main&command=wait&stdout=1", "v4.channel.k8s.io");
        await (await response.Content.ReadAsStreamAsync(Cancellation)).DisposeAsync();
        await _gone.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Stream_OverSpdyWhoseNodeGoesWithoutAWord_Ends()
    {
        using var response = await UpgradeAsync(Exec + "?container=main&command=wait&stdout=1", "v4.channel.k8s.io");
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        await _daemon.KillAsync();
        (await stream.ReadAsync(new byte[1], Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task Stream_OverSpdyThatTheNodeRefuses_IsRefusedWithAStatus()
    {
        using var response = await UpgradeAsync(Exec + "?container=main&command=refuse&stdout=1", "v4.channel.k8s.io");
        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["message"]!.GetValue<string>().ShouldBe("container not found (\"main\")");
    }

    private async Task<HttpResponseMessage> UpgradeAsync(string path, string? protocol)
    {
        var client = _gateway.CreateClient(_gateway.Identity.AdminToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "SPDY/3.1");
        if (protocol is not null)
            request.Headers.TryAddWithoutValidation("X-Stream-Protocol-Version", protocol);
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var command = http.Request.Query["command"].FirstOrDefault();
        if (command == "refuse")
        {
            http.Response.StatusCode = 500;
            await http.Response.WriteAsync("container not found (\"main\")");
            return;
        }

        http.Response.Headers.SecWebSocketProtocol = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault();
        var socket = await http.WebSockets.AcceptWebSocketAsync();
        if (command == "last")
        {
            await socket.SendAsync(new byte[1_000_000], WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            return;
        }

        var buffer = new byte[16 * 1024];
        try
        {
            if (command == "deaf")
                await _mayRead.Task;
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                if (command != "deaf")
                    await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
            }

            if (command == "half")
                await socket.SendAsync(Encoding.UTF8.GetBytes(socket.CloseStatusDescription + " said"), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or OperationCanceledException)
        {
            // The other side has gone.
        }

        _gone.TrySetResult();
    }
}
