using System.Net;
using System.Net.Sockets;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Runtime.Process;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Node.Tests.Dns;

/// <summary>Whole daemons whose pods look for services.</summary>
public sealed class NodeDnsTests(DockerMachine docker)
{
    private static int s_last = Environment.ProcessId % 200;

    [Fact]
    public async Task Pod_OfProcesses_FindsServicesByTheirNames()
    {
        Assert.SkipUnless(ResolverView.IsAvailable, "The daemon needs root to listen on port 53 and to mount.");
        var host = await File.ReadAllTextAsync("/etc/resolv.conf", TestContext.Current.CancellationToken);
        var address = $"127.97.{Interlocked.Increment(ref s_last)}.10";
        using var upstream = new ScriptedUpstream("192.0.2.7");
        await using var node = await StartAsync(RuntimeKind.Process, address, upstream.Address);

        var pod = TestPods.Shell("a", "cat /etc/resolv.conf; for name in web web.default.svc example.org; do until getent ahostsv4 $name | head -1; do sleep 0.1; done; done; echo done; sleep 100");
        var log = await LogAsync(node, pod);

        log.ShouldStartWith("search default.svc.cluster.local svc.cluster.local cluster.local");
        log.ShouldContain($"nameserver {address}\n");
        log.ShouldContain("options ndots:5\n");
        log.ShouldContain("127.97.0.5      STREAM web.default.svc.cluster.local\n127.97.0.5");
        log.ShouldContain("192.0.2.7       STREAM example.org\n");

        // A command beside the program has the same, and the machine keeps its own.
        var id = TestPods.Status(node.Pod("a")!)!.ContainerID["process://".Length..];
        (await node.Agent.Runtime.ExecAsync(id, ["cat", "/etc/resolv.conf"], TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Output.ShouldContain($"nameserver {address}\n");
        (await File.ReadAllTextAsync("/etc/resolv.conf", TestContext.Current.CancellationToken)).ShouldBe(host);
    }

    [Fact]
    public async Task Pod_OfContainers_FindsServicesByTheirNames()
    {
        docker.SkipIfAbsent();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The daemon needs root to listen on port 53 and to make its address local.");
        var address = $"10.213.{Interlocked.Increment(ref s_last)}.10";
        using var upstream = new ScriptedUpstream("192.0.2.7");
        await using var node = await StartAsync(RuntimeKind.Docker, address, upstream.Address);

        var pod = TestPods.Shell("a", "cat /etc/resolv.conf; until nslookup -type=a web.default.svc.cluster.local && nslookup -type=a example.org; do sleep 0.1; done; echo done; sleep 100", image: DockerMachine.Image);
        var log = await LogAsync(node, pod);

        log.ShouldContain($"nameserver {address}\n");
        log.ShouldContain("Address: 127.97.0.5\n");
        log.ShouldContain("Address: 192.0.2.7\n");
    }

    [Fact]
    public async Task Port_OfAnotherProcess_IsToldAndTakenWhenItIsFree()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The daemon needs root to listen on port 53.");
        var address = $"127.97.{Interlocked.Increment(ref s_last)}.10";
        var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Parse(address), 53));
        other.Listen();
        await using var node = await StartAsync(RuntimeKind.Process, address, new IPEndPoint(IPAddress.Loopback, 1));

        var told = await Eventually.AnswersAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(e => e.Reason == "ClusterDNSUnavailable"), "it is told");
        told.Message.ShouldBe($"Node {node.Options.Name} cannot serve DNS at {address}:53: Address already in use");
        told.InvolvedObject.Kind.ShouldBe("Node");

        // Any change of services tries again.
        other.Dispose();
        Put(node, "another", "127.97.0.6");
        await Eventually.HoldsAsync(() => CanConnectAsync(address));

        // Pods serve DNS from now on.
        var taken = Dns(address);
        taken.Spec.Selector = new Dictionary<string, string> { ["k8s-app"] = "kube-dns" };
        node.Api.Put("api/v1/namespaces/kube-system/services/kube-dns", taken);
        await Eventually.HoldsAsync(async () => !await CanConnectAsync(address));
    }

    [Fact]
    public async Task Daemon_ThatStartsWithoutTheControlPlane_ServesWhereItDid()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The daemon needs root to listen on port 53.");
        var address = $"127.97.{Interlocked.Increment(ref s_last)}.10";
        using var scratch = new Scratch();
        var options = new NodeAgentOptions { DataDirectory = scratch.Folder };
        var services = new ServiceCatalog(null);
        services.Replace([Dns(address)]);
        await using (var first = Serve(options, services))
            await Eventually.IsAsync(() => first.Address?.ToString(), address);

        await using (var second = Serve(options, new ServiceCatalog(null)))
            await Eventually.HoldsAsync(() => CanConnectAsync(address));

        // Pods have taken it over.
        services.Replace([]);
        await using (var third = Serve(options, services))
            await Eventually.HoldsAsync(() => !File.Exists(Path.Combine(scratch.Folder, "cluster-dns")));
    }

    [Fact]
    public async Task Pods_OfANodeThatCannotServeDns_HaveTheHostsServers()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The daemon needs root to listen on port 53.");
        var address = $"127.97.{Interlocked.Increment(ref s_last)}.10";
        using var scratch = new Scratch();
        var options = new NodeAgentOptions { DataDirectory = scratch.Folder };
        var services = new ServiceCatalog(null);
        services.Replace([Dns(address)]);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Parse(address), 53));
        other.Listen();
        await using var dns = Serve(options, services);
        var servers = new ClusterDns(options, services, sharesLoopback: true, () => dns.IsRefused);

        await Eventually.HoldsAsync(() => servers.ServersOf(TestPods.Shell("a", "")) is [], "the host's are used");

        other.Dispose();
        dns.Signal();
        await Eventually.HoldsAsync(() => servers.ServersOf(TestPods.Shell("a", "")) is [var server] && server == address, "the cluster's are used");
    }

    private static NodeDns Serve(NodeAgentOptions options, ServiceCatalog services)
    {
        var dns = new NodeDns(options, services, new ServiceIndex(), _ => { }, TimeProvider.System, NullLoggerFactory.Instance);
        dns.Signal();
        return dns;
    }

    private static async Task<bool> CanConnectAsync(string address)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Parse(address), 53, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Task<TestNode> StartAsync(RuntimeKind runtime, string address, IPEndPoint upstream) => TestNode.StartAsync(
        runtime,
        options => options with { ServiceProxy = true, ServiceCidr = "127.97.0.0/16", NodePortAddresses = [], DnsUpstreams = [upstream.ToString()] },
        before: node =>
        {
            node.Api.Put("api/v1/namespaces/kube-system/services/kube-dns", Dns(address));
            Put(node, "web", "127.97.0.5");
            return Task.CompletedTask;
        });

    private static void Put(TestNode node, string name, string address) =>
        node.Api.Put($"api/v1/namespaces/default/services/{name}", DnsFixture.Service(name, address, "default", ("http", "SCTP", 80)));

    private static V1Service Dns(string address)
    {
        var service = DnsFixture.Service("kube-dns", address, "kube-system", ("dns", "UDP", 53), ("dns-tcp", "TCP", 53));
        service.Metadata.Labels = new Dictionary<string, string> { ["service.kubernetes.io/service-proxy-name"] = "orleansorchestrator-node-dns" };
        return service;
    }

    private static async Task<string> LogAsync(TestNode node, V1Pod pod)
    {
        node.Put(pod);
        var running = await node.PodAsync(pod.Metadata.Name, TestPods.IsReady, "it runs");
        return await Eventually.AnswersAsync(
            async () => await node.LogAsync(running) is var log && log.EndsWith("done\n", StringComparison.Ordinal) ? log : null, "it has found the services");
    }
}
