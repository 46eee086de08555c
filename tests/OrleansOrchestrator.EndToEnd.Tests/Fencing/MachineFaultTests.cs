using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// What happens to pods when machines lose their network, their engine or their time, with the times of the product: six machines
/// with networks of their own, so that nothing that is sent to a lost one is ever answered.
/// </summary>
[Collection(typeof(AloneCollection))]
public sealed class MachineFaultTests : EndToEndTest
{
    private const string Standby = "standby";

    private static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan EngineHangs = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ControlPlaneAway = TimeSpan.FromSeconds(20);

    // Testifies as the pods do, and belongs to no node: as long as it was not heard of, the machine was too busy for anybody.
    private const string Control = "control";

    // A pod that goes on testifies every 50 ms.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(4);

    private readonly Dictionary<string, VictimNode> _nodes = new(StringComparer.Ordinal);
    private MachineNetwork _network = null!;
    private OwnEngine _engine = null!;
    private Member _silo = null!;
    private Kubectl _kubectl = null!;
    private ApiConnection _api = null!;
    private Witness _witness = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var missing = PostgreSqlServer.Missing ?? await MachineNetwork.FindMissingAsync() ?? await OwnEngine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    [Fact]
    public async Task Pods_OfMachinesThatAreLost_RunElsewhereAndOthersRunOn()
    {
        await StartClusterAsync();
        foreach (var (role, runtime) in new[] { ("cut", "process"), ("hung", "docker"), ("slow", "docker"), ("paused", "process"), ("near", "process"), (Standby, "process") })
            await LaunchAsync(role, runtime);
        await WaitUntilSettledAsync();
        var roles = _nodes.Keys.Where(role => role != Standby).ToList();
        using var registry = new TcpListener(IPAddress.Parse(_network.HostAddress), 0);
        registry.Start();
        foreach (var role in roles)
        {
            // Steps that are under way when the machine is lost: a read of the API that is never answered, the pull of an image.
            var second = role switch
            {
                "cut" => "- {name: late, image: any, command: [sleep, '1000'], envFrom: [{configMapRef: {name: missing}}]}",
                "hung" => $"- {{name: late, image: '{registry.LocalEndpoint}/never/answers:1', command: [sleep, '1000']}}",
                _ => "",
            };
            await _kubectl.RunWithInputAsync(
                _witness.Manifest(role, _nodes[role].Name, _nodes[Standby].Name, DockerEngine.Image, second), "apply", "-n", UniqueName, "-f", "-");
        }

        foreach (var role in roles)
            await Eventually.PassesAsync(() => HasRunsAsync(role, 1));
        await Eventually.PassesAsync(() =>
        {
            registry.Pending().ShouldBeTrue("an image is being pulled");
            return Task.CompletedTask;
        });
        var askedFor = await _engine.CreateAsync($"/orchestrator/pod{await UidOfAsync("hung")}");

        // A network is cut; another one too, and its machine's engine hangs, as one of a machine with a network does; one machine stands still.
        var clock = Stopwatch.StartNew();
        await _engine.PauseAsync();
        await using var start = _engine.BeginStart(askedFor);
        await _network.SetAsync(_nodes["cut"].Machine!, false);
        await _network.SetAsync(_nodes["hung"].Machine!, false);
        await _nodes["paused"].Machine!.PauseAsync();
        foreach (var role in new[] { "cut", "hung", "paused" })
            await Eventually.PassesAsync(() => HasRunsAsync(role, 2), within: ReplacedWithin);
        await WaitAsync(EngineHangs - clock.Elapsed);

        await _nodes["paused"].Machine!.ContinueAsync();
        await _engine.ContinueAsync();
        var started = await start.WaitAsync(Eventually.Patience);
        started.ExitCode.ShouldNotBe(0, "the engine is back and does what it was asked for before, but not in a sealed pod");
        await _network.SetAsync(_nodes["cut"].Machine!, true);
        await _network.SetAsync(_nodes["hung"].Machine!, true);
        await WaitUntilSettledAsync();
        await VerifyAllAsync("machines lost and back");

        // All machines lose the control plane, and see each other.
        await _network.SetHostAsync(false);
        await WaitAsync(ControlPlaneAway);
        await VerifyAllAsync("control plane out of reach");
        await _network.SetHostAsync(true);
        await WaitUntilSettledAsync();
        await VerifyAllAsync("control plane in reach again");
    }

    /// <summary>Every role runs, as often as it has to have, and never ran twice at once, except for what a machine that stood still cannot help.</summary>
    private async Task VerifyAllAsync(string when)
    {
        foreach (var (role, runs) in new[] { ("cut", 2), ("hung", 2), ("paused", 2), ("slow", 1), ("near", 1) })
        {
            var from = _witness.RunsOf(role)[^1].Last;
            await Eventually.PassesAsync(() =>
            {
                _witness.RunsOf(role)[^1].Last.ShouldBeGreaterThan(from, $"{when}: {role} runs");
                return Task.CompletedTask;
            });
            var overlap = _witness.OverlapOf(role);
            Report(string.Create(CultureInfo.InvariantCulture, $"{when}: {role}: two copies for {overlap.TotalSeconds:0.00} s; the former had ended {string.Join(", ", _witness.GapsOf(role).Select(gap => $"{gap.TotalSeconds:0.00}"))} s before; {_witness.Describe(role)}"));
            var busy = _witness.LongestPauseOf(Control);
            overlap.ShouldBeLessThan(role == "paused" ? busy + TimeSpan.FromSeconds(1) : TimeSpan.FromTicks(1), _witness.Describe(role));
            _witness.RunsOf(role).Count.ShouldBe(runs, $"{when}: {_witness.Describe(role)}");
            if (runs == 1)
                _witness.LongestPauseOf(role).ShouldBeLessThan(busy + Moment, $"{when}: {role} was not stopped");
        }
    }

    private async Task StartClusterAsync()
    {
        // Daemons end first, then what they have started.
        AtEnd(() => Leftovers.RemoveAsync(UniqueName));
        var scratch = NewScratch();
        var suffix = UniqueName["e2e-".Length..];
        Directory.CreateDirectory(scratch.At("witness"));
        _witness = new Witness(scratch.At("witness"));
        AtEnd(() => Leftovers.RemoveAsync(scratch.Folder));
        Own(_witness.Testify(Control));
        var server = Own(await PostgreSqlServer.StartAsync(Cancelled));
        _network = Own(await MachineNetwork.CreateAsync(suffix));
        _engine = Own(await OwnEngine.StartAsync(scratch.At("engine"), await _network.AddAsync()));
        OnFailure(() => Task.FromResult(_engine.Describe()));
        _silo = await StartMemberAsync(
            scratch.At("silo"), "silo", "--postgres", await server.CreateDatabaseAsync("cluster", Cancelled), "--port", $"{FreePorts.Next()}", "--silo-port", "0",
            "--advertise", _network.HostAddress, "--cluster", "machines");
        _kubectl = new Kubectl(_silo.KubeConfig, scratch.At("home"));
        _api = new ApiConnection(_silo.KubeConfig, Cancelled);
        AtEnd(() =>
        {
            _api.Dispose();
            return Task.CompletedTask;
        });
        await _kubectl.RunAsync("create", "namespace", UniqueName);
        NodesFolder = scratch.Folder;
    }

    private string NodesFolder { get; set; } = "";

    private async Task LaunchAsync(string role, string runtime)
    {
        var node = new VictimNode(role, Path.Combine(NodesFolder, role), _silo.KubeConfig, runtime, await _network.AddAsync());
        node.Launch(environment: new Dictionary<string, string> { ["DOCKER_HOST"] = _engine.Address });
        _nodes[role] = Own(node);
        OnFailure(() => Task.FromResult(node.Daemon.Describe()));
    }

    private async Task<string> UidOfAsync(string role) =>
        (string)(await _api.ListAsync($"/api/v1/namespaces/{UniqueName}/pods?labelSelector=role={role}"))[0]["metadata"]!["uid"]!;

    private Task HasRunsAsync(string role, int count)
    {
        _witness.RunsOf(role).Count.ShouldBe(count, _witness.Describe(role));
        return Task.CompletedTask;
    }

    /// <summary>Waits until all nodes are ready and decide by one view of all of them.</summary>
    private Task WaitUntilSettledAsync() => Eventually.PassesAsync(async () =>
    {
        var nodes = await _api.ListAsync("/api/v1/nodes");
        nodes.Count.ShouldBe(_nodes.Count);
        nodes.ShouldAllBe(node => node["status"]!["conditions"]!.AsArray().Any(item => (string?)item!["type"] == "Ready" && (string?)item["status"] == "True"));
        var views = nodes.Select(node => JsonNode.Parse((string?)node["metadata"]!["annotations"]?["orleansorchestrator.io/fencing-views"] ?? "[]")!.AsArray()).ToList();
        views.ShouldAllBe(view => view.Count == 1 && view[0]!["members"]!.AsArray().Count == _nodes.Count);
        var told = (await _api.ListAsync("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"))
            .Select(lease => ((string?)lease["metadata"]!["annotations"]?["orleansorchestrator.io/fencing-vote"] ?? "- -").Split(' ')[1]);
        told.Order().ShouldBe(views.Select(view => (string)view[0]!["id"]!).Order());
    });

    private static async Task WaitAsync(TimeSpan time)
    {
        if (time > TimeSpan.Zero)
            await Task.Delay(time, TimeProvider.System, Cancelled);
    }
}
