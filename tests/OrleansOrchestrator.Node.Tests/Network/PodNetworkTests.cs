using System.Collections.Concurrent;
using System.Net;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Network;

/// <summary>The daemon's network over changes of its node, on a machine that does what a test wants.</summary>
public sealed class PodNetworkTests : IDisposable
{
    private readonly ScriptedPlugins _plugins = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("pod-network-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<MachineCommand> _commands = new();
    private volatile string? _refused;

    public PodNetworkTests()
    {
        Directory.CreateDirectory(NetworkFolder);
        foreach (var name in new[] { "bridge", "host-local", "portmap" })
            _plugins.Add(name, """{"ips":[{"address":"10.244.1.2/24"}]}""");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string NetworkFolder => Path.Combine(_folder, "network");

    private IEnumerable<string> Tables => _commands.Where(command => command.Program == "nft").Select(command => command.Input);

    public void Dispose()
    {
        _plugins.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Network_ThatHasBeenMade_IsOneAlsoIfALaterLookFails()
    {
        await using var network = await StartAsync();
        network.Nodes.Replace([Node("n", "10.244.1.0/24")]);
        await PassAsync(() => network.Fault is null);

        _refused = "nft";
        var before = Tables.Count();
        await PassAsync(() => Tables.Count() >= before + 2);

        network.Fault.ShouldBeNull("the pods that run have their network");
        network.Sandboxes.Require();
    }

    [Fact]
    public async Task Network_ThatCannotBeMade_IsNone()
    {
        _refused = "nft";
        await using var network = await StartAsync();
        network.Nodes.Replace([Node("n", "10.244.1.0/24")]);

        await PassAsync(() => network.Fault?.EndsWith("nft -f -: refused", StringComparison.Ordinal) is true);
        Should.Throw<RuntimeException>(network.Sandboxes.Require);
    }

    [Fact]
    public async Task Network_OfANodeThatHasNoRangeAnyMore_IsNone()
    {
        await KeepAsync("10.244.1.0/24", "10.244.0.0/16");
        await using var network = await StartAsync();
        network.Fault.ShouldBeNull("its pods run with the range that it had");
        await PassAsync(() => Tables.Any());

        network.Nodes.Replace([Node("n")]);

        await PassAsync(() => network.Fault?.EndsWith("the node has no spec.podCIDR yet", StringComparison.Ordinal) is true);
        Should.Throw<RuntimeException>(network.Sandboxes.Require);
    }

    [Fact]
    public async Task Sandbox_WithAnAddressOfAFormerRange_CountsAsEnded()
    {
        await using var network = await StartAsync();
        network.Nodes.Replace([Node("n", "10.244.1.0/24")]);
        await PassAsync(() => network.Fault is null);
        await network.Sandboxes.AttachAsync("s1", new SandboxSpec { PodUid = "p", PodName = "p", PodNamespace = "default", Hostname = "p", Directory = "/tmp" }, "/proc/0/ns/net", Token);
        network.Sandboxes.AddressesOf("s1").ShouldBe(["10.244.1.2"]);

        network.Nodes.Replace([Node("n", "10.244.9.0/24")]);

        await PassAsync(() => network.Sandboxes.AddressesOf("s1").Count == 0);
    }

    [Fact]
    public async Task Ranges_WithoutOneInCommon_AreThoseOfLastTimeUntilTheNodesAreKnown()
    {
        await KeepAsync("10.244.1.0/24", "10.244.1.0/24 10.1.0.0/24");
        await using var network = await StartAsync();
        await PassAsync(() => Tables.Any());
        Tables.Last().ShouldContain("10.1.0.0/24", customMessage: "no address is translated between pods, also while the API is away");

        network.Nodes.Replace([Node("n", "10.244.1.0/24"), Node("b", "10.2.0.0/24")]);

        await PassAsync(() => Tables.Last().Contains("10.2.0.0/24", StringComparison.Ordinal));
        (await File.ReadAllLinesAsync(KnownRanges.FileIn(NetworkFolder), Token))[1].Split(' ').ShouldBe(["10.2.0.0/24", "10.244.1.0/24"], ignoreOrder: true);
    }

    [Fact]
    public async Task Removal_ThatFails_IsTheNextDaemons()
    {
        await KeepAsync("10.244.1.0/24", "10.244.0.0/16");
        _refused = "ip";
        await using (var network = await StartAsync(PodNetworkKind.Engine))
            await network.Sandboxes.SweepAsync(_ => Task.FromResult<IReadOnlySet<string>>(new HashSet<string>()), Token);
        Directory.Exists(NetworkFolder).ShouldBeTrue();

        _refused = null;
        await using (await StartAsync(PodNetworkKind.Engine))
            Directory.Exists(NetworkFolder).ShouldBeFalse();
    }

    [Theory]
    [InlineData(RuntimeKind.Docker, true)]
    [InlineData(RuntimeKind.Process, false)]
    public async Task Nodes_AreFollowedOnlyWherePodsHaveTheDaemonsNetwork(RuntimeKind runtime, bool areNeeded)
    {
        await using var network = await StartAsync(runtime: runtime);
        network.NeedsNodes.ShouldBe(areNeeded);
    }

    private async Task<PodNetwork> StartAsync(PodNetworkKind kind = PodNetworkKind.Bridge, RuntimeKind runtime = RuntimeKind.Docker)
    {
        var options = new NodeAgentOptions { Name = "n", DataDirectory = _folder, PodNetwork = kind, CniBinDirs = [_plugins.Folder], CniConfDir = Path.Combine(_folder, "none") };
        var network = new PodNetwork(options, _time, NullLoggerFactory.Instance, RunAsync);
        await network.StartAsync(runtime, IPAddress.Parse("192.0.2.1"), () => "", Token);
        return network;
    }

    private Task<CommandOutcome> RunAsync(MachineCommand command, CancellationToken cancellationToken)
    {
        _commands.Enqueue(command);
        return Task.FromResult(command.Program == _refused ? new CommandOutcome(1, "", "refused") : new CommandOutcome(0, "", ""));
    }

    private Task KeepAsync(string own, string cluster) => File.WriteAllTextAsync(KnownRanges.FileIn(NetworkFolder), $"{own}\n{cluster}\n", Token);

    /// <summary>Lets time pass until a condition holds.</summary>
    private Task PassAsync(Func<bool> condition) => Eventually.HoldsAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });

    private static V1Node Node(string name, params string[] ranges) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1NodeSpec { PodCIDR = ranges.FirstOrDefault(), PodCIDRs = ranges },
    };
}
