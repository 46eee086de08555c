using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Streams;

/// <summary>Forwarded ports, the same on every runtime that runs something.</summary>
public sealed class PortForwardTests(DockerMachine docker) : IDisposable
{
    private const string Path = "/portForward/default/a";
    private const string Spdy = "SPDY/3.1+portforward.k8s.io";

    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");
    private X509Certificate2? _caller;
    private readonly List<TcpListener> _listeners = [];
    private HttpMessageInvoker? _connections;
    private int _echo;
    private int _endless;
    private int _served;

    public static TheoryData<string> Runtimes => ["Process", "Docker"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Spdy_WithSeveralConnections_CarriesEachToItsEnd(string runtime)
    {
        await using var node = await StartAsync(runtime);
        await using var client = await SpdyClient.OpenAsync(_connections!, node, Path, Spdy);
        var connections = new List<(uint Error, uint Data)>();
        for (var i = 0; i < 5; i++)
            connections.Add(await ConnectAsync(client, _echo, i));
        foreach (var (_, data) in connections)
            await client.SendAsync(data, $"hello {data}\n");
        foreach (var (error, data) in connections)
        {
            await client.SeesAsync(data, $"hello {data}\n");
            await client.SendAsync(data, "", isLast: true);
            await client.EndsAsync(data);
            await client.EndsAsync(error);
            client.TextOf(error).ShouldBe("");
        }
    }

    [Fact]
    public async Task Spdy_ToAServerOnThePodsLoopback_ReachesIt()
    {
        // The kubelet reaches what listens on 127.0.0.1 in the pod only.
        await using var node = await StartAsync("Docker", TestPods.Shell("a", "cd /tmp && echo hello >index.html && exec busybox httpd -f -p 127.0.0.1:18082", image: DockerMachine.Image));
        await using var client = await SpdyClient.OpenAsync(_connections!, node, Path, Spdy);
        await Eventually.AnswersAsync(
            async () =>
            {
                var (error, data) = await ConnectAsync(client, 18082, ++_served);
                await client.SendAsync(data, "GET / HTTP/1.0\r\n\r\n");
                await client.EndsAsync(error);
                return client.TextOf(data).EndsWith("\r\n\r\nhello\n", StringComparison.Ordinal) ? "it has" : null;
            },
            "the server answers");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Spdy_ToAPortWhereNobodyListens_SaysSoOnTheErrorStream(string runtime)
    {
        await using var node = await StartAsync(runtime);
        await using var client = await SpdyClient.OpenAsync(_connections!, node, Path, Spdy);
        var (error, data) = await ConnectAsync(client, 1, 0);
        await client.EndsAsync(error);
        client.TextOf(error).ShouldStartWith("error forwarding port 1 to pod a_default, uid ");
        client.TextOf(error).ShouldContain("failed to connect to localhost:1 ");
        client.TextOf(error).ShouldContain("connect: connection refused");
        await client.EndsAsync(data);

        (_, data) = await ConnectAsync(client, _echo, 1);
        await client.SendAsync(data, "others go on\n");
        await client.SeesAsync(data, "others go on\n");
    }

    [Fact]
    public async Task Spdy_StreamsThatMakeNoPair_AreRefused()
    {
        await using var node = await StartAsync("Process");
        await using var client = await SpdyClient.OpenAsync(_connections!, node, Path, Spdy);
        foreach (var headers in new (string, string)[][]
        {
            [("streamtype", "data")], [("streamtype", "data"), ("port", "0")], [("streamtype", "data"), ("port", "65536")],
            [("streamtype", "stdin"), ("port", "1")], [("port", "1")],
        })
        {
            var id = await client.SendOpenAsync(headers);
            await client.EndsAsync(id);
            client.ResetOf(id).ShouldNotBeNull();
        }

        // Callers without request ids open the stream for errors, and then that for data.
        var error = await client.OpenAsync(("streamtype", "error"), ("port", $"{_echo}"));
        var data = await client.OpenAsync(("streamtype", "data"), ("port", $"{_echo}"));
        await client.SendAsync(data, "old\n");
        await client.SeesAsync(data, "old\n");
        client.HasEnded(error).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Spdy_OfMuchData_IsIntactBothWays(string runtime)
    {
        await using var node = await StartAsync(runtime);
        await using var client = await SpdyClient.OpenAsync(_connections!, node, Path, Spdy);
        var (_, data) = await ConnectAsync(client, _echo, 0);
        var bytes = RandomNumberGenerator.GetBytes(20 * 1024 * 1024);
        for (var at = 0; at < bytes.Length; at += 64 * 1024)
            await client.SendAsync(data, bytes.AsMemory(at, 64 * 1024), isLast: at + (64 * 1024) == bytes.Length);
        await client.EndsAsync(data);
        client.BytesOf(data).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v4.base64.channel.k8s.io")]
    public async Task Channels_OfAWebSocket_CarryEachPort(string protocol)
    {
        await using var node = await StartAsync("Process");
        using var socket = await ChannelClient.ConnectAsync(_connections!, node, $"{Path}?port={_echo},1", protocol);
        var isText = protocol.Contains("base64", StringComparison.Ordinal);
        foreach (var (channel, port) in new (int, ushort)[] { (0, (ushort)_echo), (1, (ushort)_echo), (2, 1), (3, 1) })
            (await ReceiveAsync(socket, isText)).ShouldBe((channel, Encoding.Latin1.GetString(BitConverter.GetBytes(port))));
        var (failed, reason) = await ReceiveAsync(socket, isText);
        failed.ShouldBe(3);
        reason.ShouldStartWith("error forwarding port 1 to pod a_default");

        byte[] message = isText ? Encoding.ASCII.GetBytes("0" + Convert.ToBase64String("ping\n"u8)) : [0, .. "ping\n"u8];
        await socket.SendAsync(message, isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, Cancellation);
        (await ReceiveAsync(socket, isText)).ShouldBe((0, "ping\n"));
    }

    [Fact]
    public async Task Request_ThatIsNotClear_IsRefused()
    {
        await using var node = await StartAsync("Process");
        foreach (var (target, protocol, code) in new[]
        {
            ("/portForward/default/none?port=1", "v4.channel.k8s.io", 404), (Path, "v4.channel.k8s.io", 400), (Path + "?port=x", "v4.channel.k8s.io", 400),
            (Path + "?port=0", "v4.channel.k8s.io", 400), (Path + "?port=1", "v5.channel.k8s.io", 400),
        })
        {
            (await Should.ThrowAsync<WebSocketException>(() => ChannelClient.ConnectAsync(_connections!, node, target, protocol))).Message.ShouldContain($"{code}");
        }
    }

    /// <summary>200 connections, half of which nobody reads although the pod sends without end.</summary>
    [Fact]
    public async Task Connections_ManyAtOnceWithSlowReaders_CostNoThreadAndLittleMemoryEach()
    {
        await using var node = await StartAsync("Process");
        var (threads, bytes) = (Threads(), GC.GetTotalMemory(forceFullCollection: true));
        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => SpdyClient.OpenAsync(_connections!, node, Path, Spdy, reads: i % 2 == 0)));
        await Task.WhenAll(clients.Select(async (client, i) =>
        {
            await client.SendOpenAsync(("streamtype", "error"), ("port", $"{_endless}"), ("requestid", "1"));
            await client.SendOpenAsync(("streamtype", "data"), ("port", $"{(i % 2 == 0 ? _echo : _endless)}"), ("requestid", "1"));
            if (i % 2 == 0)
                await client.SendAsync(3, $"{i}\n");
        }));
        await Task.WhenAll(clients.Where((_, i) => i % 2 == 0).Select((client, i) => client.SeesAsync(3, $"{2 * i}\n")));
        (Threads() - threads).ShouldBeLessThan(40);
        (GC.GetTotalMemory(forceFullCollection: true) - bytes).ShouldBeLessThan(200L * 512 * 1024);
        foreach (var client in clients)
            await client.DisposeAsync();
        await Eventually.IsAsync(() => Volatile.Read(ref _served), 0, "the connections have ended");
    }

    public void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
        _connections?.Dispose();
        _caller?.Dispose();
        _authority.Dispose();
    }

    private static async Task<(uint Error, uint Data)> ConnectAsync(SpdyClient client, int port, int request) => (
        await client.OpenAsync(("streamtype", "error"), ("port", $"{port}"), ("requestid", $"{request}")),
        await client.OpenAsync(("streamtype", "data"), ("port", $"{port}"), ("requestid", $"{request}")));

    private static async Task<(int Channel, string Text)> ReceiveAsync(ClientWebSocket socket, bool isText)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), Cancellation);
            length += part.Count;
            if (part.EndOfMessage)
                break;
        }

        return isText
            ? (buffer[0] - '0', Encoding.Latin1.GetString(Convert.FromBase64String(Encoding.ASCII.GetString(buffer, 1, length - 1))))
            : (buffer[0], Encoding.Latin1.GetString(buffer, 1, length - 1));
    }

    /// <summary>A pod whose address is this machine's, where an echo and a server that writes without end listen for it.</summary>
    private async Task<TestNode> StartAsync(string runtime)
    {
        var pod = TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image);
        pod.Spec.HostNetwork = runtime == "Docker";
        var node = await StartAsync(runtime, pod);
        var address = runtime == "Docker" ? IPAddress.Loopback : IPAddress.Parse((await node.PodAsync("a", p => p.Status?.PodIP is not null, "it has an address")).Status.PodIP);
        _echo = Serve(address, async stream =>
        {
            await stream.CopyToAsync(stream, Cancellation);
        });
        _endless = Serve(address, async stream =>
        {
            while (true)
                await stream.WriteAsync(new byte[16 * 1024], Cancellation);
        });
        return node;
    }

    private async Task<TestNode> StartAsync(string runtime, V1Pod pod)
    {
        var isDocker = runtime == "Docker";
        if (isDocker)
            docker.SkipIfAbsent();
        _caller = TestCertificates.Caller(_authority, "system:kube-apiserver");
        _connections = ChannelClient.Connect(_caller);
        var node = await TestNode.StartAsync(
            isDocker ? RuntimeKind.Docker : RuntimeKind.Process, options => options with { Index = isDocker ? 44 : 45, ClientAuthorities = [_authority] });
        node.Put(pod);
        await node.PodAsync("a", p => TestPods.Status(p)?.State?.Running is not null, "it runs");
        return node;
    }

    /// <returns>The port.</returns>
    private int Serve(IPAddress address, Func<NetworkStream, Task> serve)
    {
        var listener = new TcpListener(address, 0);
        _listeners.Add(listener);
        listener.Start(backlog: 512);
        _ = AcceptAllAsync();
        return ((IPEndPoint)listener.LocalEndpoint).Port;

        async Task AcceptAllAsync()
        {
            try
            {
                while (true)
                    _ = ServeAsync(await listener.AcceptTcpClientAsync(Cancellation));
            }
            catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The test has ended.
            }
        }

        async Task ServeAsync(TcpClient client)
        {
            Interlocked.Increment(ref _served);
            try
            {
                using (client)
                    await serve(client.GetStream());
            }
            catch (Exception ended) when (ended is IOException or OperationCanceledException)
            {
                // The other side has gone.
            }

            Interlocked.Decrement(ref _served);
        }
    }

    private static int Threads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
