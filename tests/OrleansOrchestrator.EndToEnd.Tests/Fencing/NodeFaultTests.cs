using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// What happens to the pods of a node whose daemon is lost in one way or another, with real processes and the times of the
/// product, all at once: they run elsewhere, and never twice.
/// </summary>
[Collection(typeof(PodsCollection))]
public sealed class NodeFaultTests : EndToEndTest
{
    private const int Bystanders = 6;
    private static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(40);

    private readonly Dictionary<string, VictimNode> _victims = new(StringComparer.Ordinal);
    private DevCluster _cluster = null!;
    private Witness _witness = null!;
    private string _standby = "";

    private string Suffix => UniqueName["e2e-".Length..];

    [Fact]
    public async Task Pods_OfLostNodes_RunElsewhereAndNeverTwice()
    {
        await StartAsync("killed", "stopped", "cutoff");

        await _victims["killed"].Daemon.KillAsync();
        await _victims["stopped"].Daemon.SignalAsync("STOP");
        await _victims["cutoff"].Daemon.KillAsync();
        await _victims["cutoff"].LaunchCutOffAsync();
        foreach (var role in _victims.Keys)
            await Eventually.AssertAsync(ReplacedWithin, () => HasRunsAsync(role, 2));

        // What was lost comes back, and finds its pods elsewhere.
        _victims["killed"].Launch();
        await _victims["stopped"].Daemon.SignalAsync("CONT");
        await _victims["cutoff"].Daemon.KillAsync();
        _victims["cutoff"].Launch();
        foreach (var victim in _victims.Values)
            await WaitUntilReadyAsync(victim.Name);

        foreach (var role in _victims.Keys)
        {
            var (runs, overlap) = (_witness.RunsOf(role), _witness.OverlapOf(role));
            Report(string.Create(CultureInfo.InvariantCulture, $"{role}: two copies for {overlap.TotalSeconds:0.00} s; {_witness.Describe(role)}"));
            overlap.ShouldBe(TimeSpan.Zero, _witness.Describe(role));
            runs.Count.ShouldBe(2, _witness.Describe(role));
        }

        await _cluster.Kubectl.RunAsync("delete", "namespace", UniqueName, "--timeout=40s");
    }

    /// <summary>Starts a cluster with a node for each role, and a pod on each of these.</summary>
    private async Task StartAsync(params string[] roles)
    {
        var scratch = NewScratch();
        Directory.CreateDirectory(scratch.At("witness"));
        _witness = new Witness(scratch.At("witness"));
        AtEnd(async () => await Leftovers.RemoveAsync(scratch.At("witness")));
        _cluster = await StartDevAsync("hollow", "--nodes", Bystanders.ToString(CultureInfo.InvariantCulture));
        foreach (var node in (await _cluster.Kubectl.RunAsync("get", "nodes", "-o", "name")).Lines)
            await _cluster.Kubectl.RunAsync("cordon", node);
        await _cluster.Kubectl.RunAsync("create", "namespace", UniqueName);
        _standby = $"standby-{Suffix}";
        foreach (var role in roles.Append("standby"))
        {
            var node = Own(new VictimNode($"{role}-{Suffix}", scratch.At(role), _cluster.Member.KubeConfig, "process"));
            node.Launch();
            OnFailure(() => Task.FromResult(node.Daemon.Describe()));
            await WaitUntilReadyAsync(node.Name);
            if (role != "standby")
                _victims[role] = node;
        }

        foreach (var (role, victim) in _victims)
            await _cluster.Kubectl.RunWithInputAsync(_witness.Manifest(role, victim.Name, _standby), "apply", "-n", UniqueName, "-f", "-");
        foreach (var role in roles)
            await Eventually.AssertAsync(() => HasRunsAsync(role, 1));
        (await _cluster.Api.ListAsync($"/api/v1/namespaces/{UniqueName}/pods")).ShouldAllBe(pod => (string)pod["spec"]!["nodeName"]! != _standby);
    }

    private Task HasRunsAsync(string role, int count)
    {
        _witness.RunsOf(role).Count.ShouldBe(count, _witness.Describe(role));
        return Task.CompletedTask;
    }

    private Task WaitUntilReadyAsync(string node) => Eventually.AssertAsync(async () =>
    {
        var found = await TryGetAsync($"/api/v1/nodes/{node}");
        found["status"]!["conditions"]!.AsArray().ShouldContain(item => IsReady(item), _victims.Values.FirstOrDefault(v => v.Name == node)?.Daemon.Describe());
    });

    /// <summary>A machine on which much is starting may not answer in time; then it is asked again.</summary>
    private async Task<JsonNode> TryGetAsync(string path)
    {
        try
        {
            return await _cluster.Api.GetAsync(path);
        }
        catch (TaskCanceledException late) when (!Cancelled.IsCancellationRequested)
        {
            throw new TimeoutException(late.Message, late);
        }
    }

    private static bool IsReady(JsonNode? condition) => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True";
}
