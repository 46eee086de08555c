using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Pods get DNS servers that they can reach from where they are.</summary>
public sealed class ResolverFileTests
{
    private const string Upstream = "/run/systemd/resolve/resolv.conf";

    private readonly List<string> _told = [];
    private V1Pod? _pod;

    private static NodeAgentOptions Options { get; } = new() { DataDirectory = "unused" };

    [Theory]
    [InlineData("127.0.0.53", "192.0.2.1", false, "192.0.2.1")]
    [InlineData("::1", "192.0.2.1", false, "192.0.2.1")]
    [InlineData("127.0.0.53", "192.0.2.1", true, "127.0.0.53")]
    [InlineData("127.0.0.53", "127.0.0.1", false, "127.0.0.53")]
    [InlineData("127.0.0.53", null, false, "127.0.0.53")]
    [InlineData("192.0.2.7", "192.0.2.1", false, "192.0.2.7")]
    public void Host_WhoseServerIsItself_GivesPodsTheServersBehindIt(string server, string? behind, bool hostNetwork, string expected)
    {
        var pod = Pod("Default", hostNetwork);
        var host = new Dictionary<string, string> { ["/etc/resolv.conf"] = $"nameserver {server}\noptions trust-ad\n" };
        if (behind is not null)
            host[Upstream] = $"nameserver {behind}\nsearch lan\noptions trust-ad\n";

        Content(pod, Options, host.GetValueOrDefault).ShouldContain($"nameserver {expected}\n");
        Content(Pod("ClusterFirst", hostNetwork), Options, host.GetValueOrDefault).ShouldContain($"nameserver {expected}\n");
    }

    [Fact]
    public void Host_WithOneReachableServer_KeepsItsFile()
    {
        var host = new Dictionary<string, string> { ["/etc/resolv.conf"] = "nameserver 127.0.0.53\nnameserver 192.0.2.7\n", [Upstream] = "nameserver 192.0.2.1\n" };

        Content(Pod("Default", hostNetwork: false), Options, host.GetValueOrDefault).ShouldBe("nameserver 127.0.0.53\nnameserver 192.0.2.7\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void File_OfTheOperator_IsTakenForAllPods(bool hostNetwork)
    {
        var host = new Dictionary<string, string> { ["/etc/resolv.conf"] = "nameserver 192.0.2.7\n", ["/own"] = "nameserver 127.0.0.1\nsearch own\n", [Upstream] = "nameserver 192.0.2.1\n" };

        Content(Pod("Default", hostNetwork), Options with { ResolvConf = "/own" }, host.GetValueOrDefault).ShouldBe("search own\nnameserver 127.0.0.1\n");
    }

    [Fact]
    public void File_OfTheOperatorThatIsMissing_HoldsUpThePodsThatNeedIt()
    {
        var options = Options with { ResolvConf = "/own" };

        Should.Throw<ConfigurationException>(() => Content(Pod("Default", hostNetwork: false), options, _ => null)).Message.ShouldBe("open /own: no such file or directory");
        Content(Pod("None", hostNetwork: false), options, _ => null).ShouldBeEmpty();
        NodeAgentOptionsValidator.Validate(Options with { ResolvConf = "own" }).ShouldBe(["ResolvConf must be an absolute path."]);
    }

    [Theory]
    [InlineData("ClusterFirst", false, "search default.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n")]
    [InlineData("ClusterFirst", true, "search lan\nnameserver 192.0.2.7\noptions trust-ad\n")]
    [InlineData("ClusterFirstWithHostNet", true, "search default.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n")]
    [InlineData("Default", false, "search lan\nnameserver 192.0.2.7\noptions trust-ad\n")]
    [InlineData("None", false, "")]
    public void Policy_OfAPod_ChoosesItsServers(string policy, bool hostNetwork, string expected) =>
        Content(Pod(policy, hostNetwork), Options, HostOf, "10.96.0.10").ShouldBe(expected);

    [Fact]
    public void Configuration_OfAPod_IsAddedToThatOfItsPolicy()
    {
        var pod = Pod("ClusterFirst", hostNetwork: false);
        pod.Spec.DnsConfig = new V1PodDNSConfig
        {
            Nameservers = ["192.0.2.1", "10.96.0.10"],
            Searches = ["own", "cluster.local"],
            Options = [new V1PodDNSConfigOption { Name = "ndots", Value = "2" }, new V1PodDNSConfigOption { Name = "edns0" }],
        };

        Content(pod, Options with { ClusterDomain = "example.org" }, HostOf, "10.96.0.10").ShouldBe(
            "search default.svc.example.org svc.example.org example.org lan own cluster.local\nnameserver 10.96.0.10\nnameserver 192.0.2.1\noptions ndots:2 edns0\n");
    }

    [Theory]
    [InlineData("ClusterFirst", true)]
    [InlineData("Default", false)]
    public void Cluster_WithoutServers_GivesPodsTheHosts_AndTellsThoseThatWantedOthers(string policy, bool isTold)
    {
        Content(Pod(policy, hostNetwork: false), Options, HostOf).ShouldBe("search lan\nnameserver 192.0.2.7\noptions trust-ad\n");

        var uid = _pod!.Metadata.Uid;
        _told.ShouldBe(isTold
            ? [$"MissingClusterDNS pod: \"a_default({uid})\". kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. Falling back to \"Default\" policy."]
            : []);
    }

    [Fact]
    public void Limits_OfTheCLibrary_CutWhatIsBeyondThem()
    {
        var pod = Pod("None", hostNetwork: false);
        var searches = Enumerable.Range(1, 40).Select(i => $"s{i}").ToList();
        pod.Spec.DnsConfig = new V1PodDNSConfig { Nameservers = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"], Searches = searches };
        var line = string.Join(' ', searches.Take(32));

        Content(pod, Options, _ => null).ShouldBe($"search {line}\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n");
        _told.ShouldBe([
            "DNSConfigForming Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 192.0.2.1 192.0.2.2 192.0.2.3",
            $"DNSConfigForming Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {line}",
        ]);

        pod.Spec.DnsConfig = new V1PodDNSConfig { Searches = [new string('x', 254), .. Enumerable.Range(10, 20).Select(i => $"{i}{new string('y', 198)}")] };
        Content(pod, Options, _ => null).Length.ShouldBe("search \n".Length + (10 * 201) - 1);
    }

    private string Content(V1Pod pod, NodeAgentOptions options, Func<string, string?> readHost, params string[] clusterServers)
    {
        _pod = pod;
        _told.Clear();
        return ResolverFile.Content(pod, options, clusterServers, readHost, (reason, message) => _told.Add($"{reason} {message}"));
    }

    private static string? HostOf(string path) => path == "/etc/resolv.conf" ? "search lan\nnameserver 192.0.2.7\noptions trust-ad\n" : null;

    private static V1Pod Pod(string policy, bool hostNetwork)
    {
        var pod = TestPods.Shell("a", "true");
        (pod.Spec.DnsPolicy, pod.Spec.HostNetwork) = (policy, hostNetwork);
        return pod;
    }
}
