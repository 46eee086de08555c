using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.EndToEnd.Tests.Failover;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>No outage of the control plane, whole or in part, stops a pod or starts it twice (invariants I7 and I8).</summary>
[Collection(typeof(AloneCollection))]
public sealed class ControlPlaneFaultTests : EndToEndTest
{
    // Lease, toleration and what a controller needs to act: whoever is still there then stays.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(18);

    private static readonly TimeSpan StepGapMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TakeoverGapMax = TimeSpan.FromSeconds(30);

    private ThreeSilos _cluster = null!;
    private IReadOnlyList<string> _processes = [];

    private string Suffix => UniqueName["e2e-".Length..];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
    }

    [Fact]
    public async Task Pods_WhileSilosOrTheDatabaseAreAway_RunOnAndRunOnce()
    {
        await StartAsync(await PostgreSqlServer.StartAsync(Cancelled));

        // The silo that one node's kubeconfig names dies.
        await _cluster.Silos[0].KillAsync();
        await WatchAsync("silo killed", Settled);
        await WaitUntilReadyAsync(1);

        await _cluster.Server.StopAsync();
        await WatchAsync("database away for 12 s", TimeSpan.FromSeconds(12));
        await _cluster.Server.RestartAsync(Cancelled);
        await WatchAsync("database back", Settled);
        await WaitUntilReadyAsync(1);

        await _cluster.Server.StopAsync();
        await WatchAsync("database away for 60 s", TimeSpan.FromSeconds(60));
        await _cluster.Server.RestartAsync(Cancelled);
        await WatchAsync("database back", Settled);
        await WaitUntilReadyAsync(1);

        await _cluster.Silos[1].KillAsync();
        await _cluster.Silos[2].KillAsync();
        await WatchAsync("all silos away", Settled);
        _cluster.Nodes.ShouldAllBe(node => node.Describe().Contains("its pods run on", StringComparison.Ordinal), "a daemon says so at the default level");
        await _cluster.StartSiloAsync(1);
        await WatchAsync("a silo back", Settled);
        await WaitUntilReadyAsync(1);
        _cluster.Nodes.ShouldAllBe(node => node.Describe().Contains("is renewed again", StringComparison.Ordinal));
        _cluster.Nodes.ShouldAllBe(node => !node.Describe().Contains("are stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pods_WhileTheDatabaseClockStepsOrASiloHangs_RunOnAndRunOnce()
    {
        Assert.SkipWhen(PostgreSqlServer.ClockMissing is not null, PostgreSqlServer.ClockMissing ?? "");
        await StartAsync(await PostgreSqlServer.StartWithClockAsync(Cancelled), "--log-level", "information");
        await WriteAsync("nothing", TakeoverGapMax, () => WatchAsync("nothing", TimeSpan.FromSeconds(3)));

        foreach (var (what, ahead) in new[] { ("back", TimeSpan.FromMinutes(-10)), ("forward", TimeSpan.Zero) })
        {
            await WriteAsync($"database clock stepped {what} 10 minutes", StepGapMax, async () =>
            {
                await _cluster.Server.SetClockAsync(ahead, Cancelled);
                await WatchAsync($"database clock stepped {what}", TimeSpan.FromSeconds(6));
            });
            var owner = _cluster.OwnerOf("configmaps");
            await WriteAsync($"the silo with the store killed after a step {what}", TakeoverGapMax, async () =>
            {
                await _cluster.Silos[owner].KillAsync();
                await WatchAsync("silo killed", Settled);
            });
            _cluster.OwnerOf("configmaps").ShouldNotBe(owner);
            await _cluster.StartSiloAsync(owner);
            await WaitUntilReadyAsync(owner);
        }

        // A node's kubeconfig names the silo too.
        var hung = _cluster.OwnerOf("configmaps");
        await WriteAsync("the silo with the store hung for 30 s", TakeoverGapMax, async () =>
        {
            await _cluster.Silos[hung].SignalAsync("STOP");
            await WatchAsync("silo hung for 30 s", TimeSpan.FromSeconds(30));
            await _cluster.Silos[hung].SignalAsync("CONT");
            await WatchAsync("silo back", TimeSpan.FromSeconds(8));
        });
        _cluster.OwnerOf("configmaps").ShouldNotBe(hung);

        var leaver = Enumerable.Range(0, 3).First(i => i != hung && !_cluster.Silos[i].HasEnded);
        var stayer = Enumerable.Range(0, 3).First(i => i != hung && i != leaver);
        await Eventually.PassesAsync(async () => (await ServersAsync(stayer)).ShouldContain(_cluster.PortOf(leaver)));
        await _cluster.Silos[leaver].StopAsync();
        (await ServersAsync(stayer)).ShouldNotContain(_cluster.PortOf(leaver), "a silo that is stopped withdraws its address");
        await WatchAsync("silo stopped", TimeSpan.FromSeconds(3));
        await WaitUntilReadyAsync(stayer);
        _cluster.Nodes.ShouldAllBe(node => !node.Describe().Contains("are stopped", StringComparison.Ordinal));
    }

    /// <summary>Writes through all silos while something happens, and looks for every write that was acknowledged.</summary>
    /// <param name="what">What happens, for messages.</param>
    /// <param name="gapMax">How long it may take, on a machine that is busy with the test, until one of the other silos takes writes again.</param>
    /// <param name="happening">Makes it happen, and waits for its end.</param>
    private async Task WriteAsync(string what, TimeSpan gapMax, Func<Task> happening)
    {
        var began = Stopwatch.GetTimestamp();
        var name = $"w{began}";
        var apis = _cluster.Silos.Select(silo => new ApiConnection(silo.KubeConfig, Cancelled)).ToList();
        ConfigMapWriter[] writers = [.. apis.Select((api, i) => new ConfigMapWriter(api, UniqueName, $"{name}-{i}", TimeSpan.FromMilliseconds(50)))];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var writing = writers.Select(writer => writer.RunAsync(stop.Token)).ToList();
        await happening();
        var gaps = writers.Select(writer => writer.LongestGap(began)).Order().ToList();
        await stop.CancelAsync();
        await Task.WhenAll(writing);

        var acknowledged = writers.SelectMany(writer => writer.Acknowledged).ToList();
        Report(string.Create(CultureInfo.InvariantCulture, $"{what}: {acknowledged.Count} writes; longest gaps {string.Join(", ", gaps.Select(gap => $"{gap.TotalSeconds:0.0} s"))}"));
        gaps[1].ShouldBeLessThan(gapMax, what);
        var alive = Enumerable.Range(0, 3).First(i => !_cluster.Silos[i].HasEnded);
        var held = (await apis[alive].ListAsync($"/api/v1/namespaces/{UniqueName}/configmaps")).ToDictionary(
            item => (string)item["metadata"]!["name"]!, item => (string)item["metadata"]!["resourceVersion"]!);
        foreach (var write in acknowledged)
            held.GetValueOrDefault(write.Name).ShouldBe(write.Revision.ToString(CultureInfo.InvariantCulture), $"{write.Name} was acknowledged");
        apis.ForEach(api => api.Dispose());
    }

    /// <summary>The ports at which silos serve the API, as daemons learn them.</summary>
    private async Task<IReadOnlyList<int>> ServersAsync(int silo)
    {
        var endpoints = JsonNode.Parse((await _cluster.KubectlOf(silo).RunAsync("get", "endpoints", "kubernetes", "-o", "json")).Output)!;
        return [.. endpoints["subsets"]!.AsArray().Select(subset => (int)subset!["ports"]![0]!["port"]!)];
    }

    private async Task StartAsync(PostgreSqlServer server, params string[] siloArguments)
    {
        // After the daemons have ended, which would start the pods again.
        AtEnd(() => Leftovers.RemoveAsync(UniqueName));
        _cluster = Own(await ThreeSilos.StartAsync(server, Suffix, siloArguments));
        OnFailure(() => Task.FromResult(_cluster.Describe()));
        await WaitUntilReadyAsync(0);
        var kubectl = _cluster.KubectlOf(0);
        await kubectl.RunAsync("create", "namespace", UniqueName);
        for (var i = 0; i < 3; i++)
            await kubectl.RunWithInputAsync(Manifest($"web{i}", _cluster.NameOf(i)), "apply", "-n", UniqueName, "-f", "-");
        await Eventually.PassesAsync(async () =>
        {
            var pods = (await kubectl.RunAsync("get", "pods", "-n", UniqueName, "--no-headers")).Lines;
            pods.Count(line => line.Contains("1/1", StringComparison.Ordinal)).ShouldBe(3, string.Join('\n', pods));

            // A pod may be ready a moment before its own program has taken the place of what starts it.
            _processes = Processes();
            _processes.Count.ShouldBe(3);
        });

        // Nodes decide together once they have said so: from then on an outage may come.
        await Eventually.PassesAsync(async () =>
        {
            var leases = JsonNode.Parse((await kubectl.RunAsync("get", "leases", "-n", "kube-node-lease", "-o", "json")).Output)!["items"]!.AsArray();
            leases.Select(lease => ((string?)lease!["metadata"]?["annotations"]?["orleansorchestrator.io/fencing-vote"] ?? "- -").Split(' ')[1])
                .Order().ShouldBe(await NewestViewsAsync(kubectl));
        });
    }

    private static async Task<IReadOnlyList<string>> NewestViewsAsync(Kubectl kubectl)
    {
        var nodes = JsonNode.Parse((await kubectl.RunAsync("get", "nodes", "-o", "json")).Output)!["items"]!.AsArray();
        var views = nodes.Select(node => JsonNode.Parse((string)node!["metadata"]!["annotations"]!["orleansorchestrator.io/fencing-views"]!)!.AsArray()).ToList();
        views.ShouldAllBe(view => view.Count == 1 && view[0]!["members"]!.AsArray().Count == 3);
        return [.. views.Select(view => (string)view[0]!["id"]!).Order()];
    }

    /// <summary>Looks for a while whether the very same processes run, each once.</summary>
    private async Task WatchAsync(string what, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        do
        {
            Processes().ShouldBe(_processes, what);
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, Cancelled);
        }
        while (clock.Elapsed < time);
        Report(string.Create(CultureInfo.InvariantCulture, $"{what}: {_processes.Count} pods run on after {clock.Elapsed.TotalSeconds:0.0} s"));
    }

    private Task WaitUntilReadyAsync(int silo) => Eventually.PassesAsync(async () =>
    {
        var nodes = (await _cluster.KubectlOf(silo).RunAsync("get", "nodes", "--no-headers")).Lines;
        nodes.Count(line => line.Contains(" Ready ", StringComparison.Ordinal)).ShouldBe(3, string.Join('\n', nodes));
    });

    /// <summary>The programs of the pods: who they are, and when they began.</summary>
    private IReadOnlyList<string> Processes() =>
        [.. HostProcesses.WithoutParents(HostProcesses.WithEnvironment("WITNESS", UniqueName)).Select(id => $"{id} from {HostProcesses.StartOf(id)}").Order(StringComparer.Ordinal)];

    private string Manifest(string name, string node) => $$"""
        apiVersion: v1
        kind: ReplicationController
        metadata:
          name: {{name}}
        spec:
          replicas: 1
          selector: {app: {{name}}}
          template:
            metadata:
              labels: {app: {{name}}}
            spec:
              affinity:
                nodeAffinity:
                  preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    preference:
                      matchExpressions:
                      - {key: kubernetes.io/hostname, operator: In, values: [{{node}}]}
              containers:
              - name: main
                image: any
                command: [sleep, "100000"]
                env:
                - {name: WITNESS, value: {{UniqueName}}}
        """;
}
