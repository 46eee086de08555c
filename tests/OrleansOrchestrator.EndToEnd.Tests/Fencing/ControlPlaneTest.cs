using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// A test that does something to the control plane of three silos and their database, while a pod of each of three nodes has to run
/// on, and once (invariants I7 and I8).
/// </summary>
public abstract class ControlPlaneTest : EndToEndTest
{
    /// <summary>Lease, toleration and what a controller needs to act: whoever is still there then stays.</summary>
    private protected static readonly TimeSpan Settled = TimeSpan.FromSeconds(18);

    private IReadOnlyList<string> _processes = [];

    private protected ThreeSilos Cluster { get; private set; } = null!;

    private string Suffix => UniqueName["e2e-".Length..];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
    }

    /// <summary>Starts the cluster and its pods, and waits until nodes decide together: from then on an outage may come.</summary>
    private protected async Task StartAsync(PostgreSqlServer server, params string[] siloArguments)
    {
        // After the daemons have ended, which would start the pods again.
        AtEnd(() => Leftovers.RemoveAsync(UniqueName));
        Cluster = Own(await ThreeSilos.StartAsync(server, Suffix, siloArguments));
        OnFailure(() => Task.FromResult(Cluster.Describe()));
        await WaitUntilReadyAsync(0);
        var kubectl = Cluster.KubectlOf(0);
        await kubectl.RunAsync("create", "namespace", UniqueName);
        for (var i = 0; i < 3; i++)
            await kubectl.RunWithInputAsync(Manifest($"web{i}", Cluster.NameOf(i)), "apply", "-n", UniqueName, "-f", "-");
        await Eventually.PassesAsync(async () =>
        {
            var pods = (await kubectl.RunAsync("get", "pods", "-n", UniqueName, "--no-headers")).Lines;
            pods.Count(line => line.Contains("1/1", StringComparison.Ordinal)).ShouldBe(3, string.Join('\n', pods));

            // A pod may be ready a moment before its own program has taken the place of what starts it.
            _processes = Processes();
            _processes.Count.ShouldBe(3);
        });

        // Nodes decide together once they have said so.
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
    private protected async Task WatchAsync(string what, TimeSpan time)
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

    private protected Task WaitUntilReadyAsync(int silo) => Eventually.PassesAsync(async () =>
    {
        var nodes = (await Cluster.KubectlOf(silo).RunAsync("get", "nodes", "--no-headers")).Lines;
        nodes.Count(line => line.Contains(" Ready ", StringComparison.Ordinal)).ShouldBe(3, string.Join('\n', nodes));
    });

    /// <summary>The programs of the pods: who they are, and when they began.</summary>
    private IReadOnlyList<string> Processes() =>
        [.. HostProcesses.WithoutChildren(HostProcesses.WithEnvironment("WITNESS", UniqueName)).Select(id => $"{id} from {HostProcesses.StartOf(id)}").Order(StringComparer.Ordinal)];

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
