using System.Net;
using System.Net.Sockets;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Proxy.Nftables;

/// <summary>Services in a real kernel: a node, its pods and a client outside, each in a network namespace.</summary>
public sealed class KernelProxyTests
{
    private const string ClusterIP = "10.96.0.1";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ClusterIP_FromTheNodeAndItsPods_LeadsToEveryEndpoint()
    {
        await using var fixture = await WebAsync(pods: 3);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80));

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0, 1)]));

        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([fixture.Pod(0).Name, fixture.Pod(1).Name], ignoreOrder: true);
        (await AnsweringAsync(fixture.Pod(2), ClusterIP, 80)).ShouldBe([fixture.Pod(0).Name, fixture.Pod(1).Name], ignoreOrder: true);
        (await fixture.Node.CallAsync(ClusterIP, 80)).Split(' ')[1].ShouldBe(KernelProxyFixture.NodeAddress);
    }

    [Fact]
    public async Task ClusterIP_WithoutEndpointsOrSuchAPort_IsRefusedAtOnce()
    {
        await using var fixture = await WebAsync(pods: 1);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80, nodePort: 30080));
        web.Spec.ExternalIPs = ["203.0.113.1"];

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080)]));

        foreach (var (from, to, port) in new[]
        {
            (fixture.Node, ClusterIP, 80), (fixture.Pod(0), ClusterIP, 80), (fixture.Pod(0), ClusterIP, 81), (fixture.Client, KernelProxyFixture.NodeAddress, 30080),
            (fixture.Client, "203.0.113.1", 80),
        })
        {
            (await from.CallAsync(to, port)).ShouldBe(nameof(SocketError.ConnectionRefused), $"{to}:{port}");
        }
    }

    [Fact]
    public async Task Endpoints_ThatComeAndGo_AreFollowed()
    {
        await using var fixture = await WebAsync(pods: 2);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80));
        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0)]));
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([fixture.Pod(0).Name]);

        await fixture.ChangeAsync(KernelProxyFixture.Slice(web, 8080, 1));
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([fixture.Pod(1).Name]);

        await fixture.ChangeAsync(KernelProxyFixture.Slice(web, 8080, 0, 1));
        fixture.Replacements.ShouldBe(1, "a change is not the whole table, even with a number of endpoints that no service had");

        // Somebody has removed the table: the next change fails, and the whole table is made again.
        await fixture.Node.NftAsync($"delete table ip {fixture.Settings.Name}");
        await fixture.ChangeAsync(KernelProxyFixture.Slice(web, 8080, 0));
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([fixture.Pod(0).Name]);

        fixture.Replacements.ShouldBe(2);
        await fixture.ServeAsync();
        (await fixture.Node.CallAsync(ClusterIP, 80)).ShouldBe(nameof(SocketError.ConnectionRefused));
    }

    [Fact]
    public async Task ExternalAddresses_FromOutside_LeadToPodsThatSeeTheNode()
    {
        await using var fixture = await WebAsync(pods: 2);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80, nodePort: 30080));
        web.Spec.Type = "LoadBalancer";
        web.Spec.ExternalIPs = ["203.0.113.1"];
        web.Spec.LoadBalancerSourceRanges = ["192.0.2.0/24"];
        web.Status = new V1ServiceStatus { LoadBalancer = new V1LoadBalancerStatus { Ingress = [new V1LoadBalancerIngress { Ip = "203.0.113.2" }] } };

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0)]));

        var answer = $"{fixture.Pod(0).Name} 10.1.0.1";
        (await fixture.Client.CallAsync(KernelProxyFixture.NodeAddress, 30080)).ShouldBe(answer);
        (await fixture.Client.CallAsync("203.0.113.1", 80)).ShouldBe(answer);
        (await fixture.Node.CallAsync(KernelProxyFixture.NodeAddress, 30080)).ShouldBe(answer);
        (await fixture.Pod(1).CallAsync("10.1.0.1", 30080)).ShouldBe(answer);
        (await fixture.Client.CallAsync("203.0.113.2", 80, Silence)).ShouldBe("silence", "it is not in the source ranges");

        web.Spec.LoadBalancerSourceRanges.Add("198.51.100.0/24");
        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0)]));
        (await fixture.Client.CallAsync("203.0.113.2", 80)).ShouldBe(answer);
    }

    [Fact]
    public async Task NodePort_OfAMachineWhoseEngineDropsWhatItForwards_IsAnswered()
    {
        await using var fixture = await WebAsync(pods: 1);
        foreach (var words in new[] { "-P FORWARD DROP", "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER" })
            Assert.SkipUnless((await fixture.Node.DoAsync(() => new MachineCommand("iptables", words.Split(' ')).RunAsync(Token))).IsSuccess, "There is no iptables here.");
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80, nodePort: 30080));

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0)]));

        (await fixture.Client.CallAsync(KernelProxyFixture.NodeAddress, 30080)).ShouldBe($"{fixture.Pod(0).Name} 10.1.0.1");
        (await fixture.Client.CallAsync(KernelProxyFixture.AddressOf(0), 8080, Silence)).ShouldBe("silence", "what is no service's is left to the engine");
        await fixture.StopProxyAsync();
        await fixture.Node.DoAsync(async () =>
        {
            await new ForwardAcceptance(fixture.Settings.Name).RemoveAsync(Token);
            return true;
        });
        (await fixture.Client.CallAsync(KernelProxyFixture.NodeAddress, 30080, Silence)).ShouldBe("silence");
    }

    [Fact]
    public async Task ExternalTraffic_ThatStaysOnTheNode_KeepsTheClientsAddress()
    {
        await using var fixture = await WebAsync(pods: 2);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80, nodePort: 30080));
        (web.Spec.Type, web.Spec.ExternalTrafficPolicy) = ("NodePort", "Local");

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0)]));
        (await fixture.Client.CallAsync(KernelProxyFixture.NodeAddress, 30080)).ShouldBe($"{fixture.Pod(0).Name} {KernelProxyFixture.ClientAddress}");

        // Its pods are on another node: clients outside go there themselves, those inside are led there.
        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, "elsewhere", [KernelProxyFixture.AddressOf(1)])]));
        (await fixture.Client.CallAsync(KernelProxyFixture.NodeAddress, 30080, Silence)).ShouldBe("silence");
        (await fixture.Node.CallAsync(KernelProxyFixture.NodeAddress, 30080)).ShouldStartWith(fixture.Pod(1).Name);
    }

    [Fact]
    public async Task InternalTraffic_ThatStaysOnTheNode_FindsOnlyItsPods()
    {
        await using var fixture = await WebAsync(pods: 2);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80));
        web.Spec.InternalTrafficPolicy = "Local";
        var slice = KernelProxyFixture.Slice(web, 8080, 0, 1);
        slice.Endpoints[1].NodeName = "elsewhere";

        await fixture.ServeAsync((web, [slice]));
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([fixture.Pod(0).Name]);

        slice.Endpoints.RemoveAt(0);
        await fixture.ChangeAsync(slice);
        (await fixture.Node.CallAsync(ClusterIP, 80, Silence)).ShouldBe("silence");
    }

    [Fact]
    public async Task Affinity_OverARestartOfTheProxy_HoldsUntilItExpires()
    {
        await using var fixture = await WebAsync(pods: 4);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80));
        web.Spec.SessionAffinity = "ClientIP";
        web.Spec.SessionAffinityConfig = new V1SessionAffinityConfig { ClientIP = new V1ClientIPConfig { TimeoutSeconds = 3600 } };
        var slice = KernelProxyFixture.Slice(web, 8080, 0, 1, 2, 3);
        await fixture.ServeAsync((web, [slice]));

        var chosen = (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldHaveSingleItem();
        await fixture.StopProxyAsync();
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([chosen], "the table stays");
        await fixture.StartProxyAsync();
        await fixture.ServeAsync((web, [slice]));
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([chosen]);

        // Another pod goes: nothing changes for the client. Its own goes: it gets another one, and keeps it.
        var kept = Enumerable.Range(0, 4).Single(pod => fixture.Pod(pod).Name == chosen);
        await fixture.ChangeAsync(KernelProxyFixture.Slice(web, 8080, kept, (kept + 1) % 4));
        (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldBe([chosen]);
        await fixture.ChangeAsync(KernelProxyFixture.Slice(web, 8080, (kept + 1) % 4, (kept + 2) % 4));
        var next = (await AnsweringAsync(fixture.Node, ClusterIP, 80)).ShouldHaveSingleItem();
        next.ShouldNotBe(chosen);

        // With a time-out that is over, each connection chooses anew.
        web.Spec.SessionAffinityConfig.ClientIP.TimeoutSeconds = 1;
        await fixture.ServeAsync((web, [slice]));
        await Eventually.HoldsAsync(
            async () =>
            {
                var now = await fixture.Node.CallAsync(ClusterIP, 80);
                await Eventually.HoldsAsync(async () => !(await fixture.Node.NftAsync($"list map ip {fixture.Settings.Name} affinity")).Contains("expires", StringComparison.Ordinal), "the note has expired");
                return !now.StartsWith(next, StringComparison.Ordinal);
            },
            "another endpoint");
    }

    [Fact]
    public async Task Affinity_OfANodePort_HoldsForEachClient()
    {
        await using var fixture = await WebAsync(pods: 4);
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80, nodePort: 30080));
        (web.Spec.Type, web.Spec.SessionAffinity) = ("NodePort", "ClientIP");

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0, 1, 2, 3)]));

        (await AnsweringAsync(fixture.Client, KernelProxyFixture.NodeAddress, 30080)).ShouldHaveSingleItem().ShouldStartWith("oo-");
        (await AnsweringAsync(fixture.Node, KernelProxyFixture.NodeAddress, 30080)).ShouldHaveSingleItem().ShouldStartWith("oo-");
        web.Spec.ExternalTrafficPolicy = "Local";
        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0, 1, 2, 3)]));
        (await AnsweringAsync(fixture.Client, KernelProxyFixture.NodeAddress, 30080)).ShouldHaveSingleItem().ShouldStartWith("oo-");
    }

    [Fact]
    public async Task UdpEndpoint_ThatIsReplaced_IsForgotten()
    {
        await using var fixture = await KernelProxyFixture.StartAsync(pods: 2);
        await fixture.StartProxyAsync();
        await fixture.Pod(0).ServeUdpAsync(53);
        await fixture.Pod(1).ServeUdpAsync(53);
        var dns = KernelProxyFixture.Service("dns", ClusterIP, Port(53, protocol: "UDP", nodePort: 30053));
        await fixture.ServeAsync((dns, [KernelProxyFixture.Slice(dns, 53, 0)]));
        using var inside = await fixture.Node.DoAsync(() => new UdpClient(0));
        using var outside = await fixture.Client.DoAsync(() => new UdpClient(0));
        (await AskAsync(inside, ClusterIP, 53)).ShouldBe(fixture.Pod(0).Name);
        (await AskAsync(outside, KernelProxyFixture.NodeAddress, 30053)).ShouldBe(fixture.Pod(0).Name);

        await fixture.ChangeAsync(KernelProxyFixture.Slice(dns, 53, 1));

        (await AskAsync(inside, ClusterIP, 53)).ShouldBe(fixture.Pod(1).Name);
        (await AskAsync(outside, KernelProxyFixture.NodeAddress, 30053)).ShouldBe(fixture.Pod(1).Name);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0")]
    public async Task Pod_CallingItsOwnServiceAndItsNeighbours_IsAnswered(string bridgesAreFiltered)
    {
        await using var fixture = await WebAsync(pods: 2);
        if (File.Exists("/proc/sys/net/bridge/bridge-nf-call-iptables"))
            await fixture.Node.SetAsync("bridge/bridge-nf-call-iptables", bridgesAreFiltered);
        var own = KernelProxyFixture.Service("own", ClusterIP, Port(80));
        var neighbours = KernelProxyFixture.Service("neighbours", "10.96.0.2", Port(80));

        await fixture.ServeAsync((own, [KernelProxyFixture.Slice(own, 8080, 0)]), (neighbours, [KernelProxyFixture.Slice(neighbours, 8080, 1)]));

        (await fixture.Pod(0).CallAsync(ClusterIP, 80)).ShouldBe($"{fixture.Pod(0).Name} 10.1.0.1");
        (await fixture.Pod(0).CallAsync("10.96.0.2", 80)).ShouldStartWith(fixture.Pod(1).Name);
    }

    [Fact]
    public async Task StrangersThatCallAClusterIP_AreMasked_AndPodsAreNot()
    {
        await using var fixture = await WebAsync(pods: 2, new TableSettings("orchestrator-here-test", [], [IPNetwork.Parse("10.1.0.0/24")]));
        var web = KernelProxyFixture.Service("web", ClusterIP, Port(80));

        await fixture.ServeAsync((web, [KernelProxyFixture.Slice(web, 8080, 0)]));

        (await fixture.Client.CallAsync(ClusterIP, 80)).ShouldBe($"{fixture.Pod(0).Name} 10.1.0.1");
    }

    [Fact]
    public async Task Table_OfAnotherShape_IsReplaced()
    {
        await using var fixture = await KernelProxyFixture.StartAsync(pods: 1);
        await fixture.Node.NftAsync($"add table ip {fixture.Settings.Name}");
        await fixture.Node.NftAsync($"add chain ip {fixture.Settings.Name} of-older-days");
        await fixture.StartProxyAsync();

        await fixture.ServeAsync();

        var table = await fixture.Node.NftAsync($"list table ip {fixture.Settings.Name}");
        table.ShouldContain("vmap @services");
        table.ShouldNotContain("of-older-days");
    }

    private static async Task<KernelProxyFixture> WebAsync(int pods, TableSettings? settings = null)
    {
        var fixture = await KernelProxyFixture.StartAsync(pods, settings);
        try
        {
            await fixture.StartProxyAsync();
            for (var pod = 0; pod < pods; pod++)
                await fixture.Pod(pod).ServeTcpAsync(8080);
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    /// <summary>Who answers to some connections. Of two endpoints one is left out of 20 once in half a million times.</summary>
    private static async Task<HashSet<string>> AnsweringAsync(NetworkMachine from, string address, int port)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 20; i++)
            names.Add((await from.CallAsync(address, port)).Split(' ')[0]);
        return names;
    }

    private static async Task<string> AskAsync(UdpClient client, string address, int port)
    {
        await client.SendAsync("?"u8.ToArray(), IPEndPoint.Parse($"{address}:{port}"), Token);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Token);
        timeout.CancelAfter(TimeSpan.FromSeconds(20));
        return Encoding.ASCII.GetString((await client.ReceiveAsync(timeout.Token)).Buffer);
    }

    private static V1ServicePort Port(int port, int? nodePort = null, string protocol = "TCP") => new() { Port = port, NodePort = nodePort, Protocol = protocol };
}
