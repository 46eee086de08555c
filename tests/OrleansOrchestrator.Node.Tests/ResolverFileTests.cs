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

        ResolverFile.Content(pod, Options, host.GetValueOrDefault).ShouldContain($"nameserver {expected}\n");
        ResolverFile.Content(Pod("ClusterFirst", hostNetwork), Options, host.GetValueOrDefault).ShouldContain($"nameserver {expected}\n");
    }

    [Fact]
    public void Host_WithOneReachableServer_KeepsItsFile()
    {
        var host = new Dictionary<string, string> { ["/etc/resolv.conf"] = "nameserver 127.0.0.53\nnameserver 192.0.2.7\n", [Upstream] = "nameserver 192.0.2.1\n" };

        ResolverFile.Content(Pod("Default", hostNetwork: false), Options, host.GetValueOrDefault).ShouldBe("nameserver 127.0.0.53\nnameserver 192.0.2.7\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void File_OfTheOperator_IsTakenForAllPods(bool hostNetwork)
    {
        var host = new Dictionary<string, string> { ["/etc/resolv.conf"] = "nameserver 192.0.2.7\n", ["/own"] = "nameserver 127.0.0.1\nsearch own\n", [Upstream] = "nameserver 192.0.2.1\n" };

        ResolverFile.Content(Pod("Default", hostNetwork), Options with { ResolvConf = "/own" }, host.GetValueOrDefault).ShouldBe("search own\nnameserver 127.0.0.1\n");
    }

    [Fact]
    public void File_OfTheOperatorThatIsMissing_HoldsUpThePodsThatNeedIt()
    {
        var options = Options with { ResolvConf = "/own" };

        Should.Throw<ConfigurationException>(() => ResolverFile.Content(Pod("Default", hostNetwork: false), options, _ => null)).Message.ShouldBe("open /own: no such file or directory");
        ResolverFile.Content(Pod("None", hostNetwork: false), options, _ => null).ShouldBeEmpty();
        NodeAgentOptionsValidator.Validate(Options with { ResolvConf = "own" }).ShouldBe(["ResolvConf must be an absolute path."]);
    }

    private static V1Pod Pod(string policy, bool hostNetwork)
    {
        var pod = TestPods.Shell("a", "true");
        (pod.Spec.DnsPolicy, pod.Spec.HostNetwork) = (policy, hostNetwork);
        return pod;
    }
}
