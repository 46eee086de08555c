using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>A test that does something to nodes, each with a pod that may run once, and a node where such a pod may run else.</summary>
public abstract class NodeFaultTest : EndToEndTest
{
    private const int Bystanders = 6;

    /// <summary>How long a replacement may take on a busy machine.</summary>
    private protected static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(80);

    private DevCluster _cluster = null!;
    private Witness _witness = null!;
    private string _standby = "";

    /// <summary>The nodes that something happens to, by their roles.</summary>
    private protected Dictionary<string, VictimNode> Victims { get; } = new(StringComparer.Ordinal);

    private protected Witness Witness => _witness;

    private protected DevCluster Cluster => _cluster;

    private string Suffix => UniqueName["e2e-".Length..];

    /// <summary>Says how often a role ran, and expects it to be that often and never twice at once.</summary>
    private protected void Verify(string role, int runs)
    {
        VerifyNeverTwice(role);
        Witness.RunsOf(role).Count.ShouldBe(runs, Witness.Describe(role));
    }

    /// <summary>Says how often a role ran, and expects it never to have run twice at once.</summary>
    private protected void VerifyNeverTwice(string role)
    {
        Report($"{role}: {Summary(role)}");
        Witness.OverlapOf(role).ShouldBe(TimeSpan.Zero, Witness.Describe(role));
    }

    private protected string Summary(string role) => string.Create(
        CultureInfo.InvariantCulture,
        $"two copies for {Witness.OverlapOf(role).TotalSeconds:0.00} s; ended before the next began by {string.Join(", ", Witness.GapsOf(role).Select(gap => gap.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)))} s; {Witness.Describe(role)}");

    /// <summary>Starts a cluster with a node for each role, and a pod on each of these.</summary>
    private protected async Task StartAsync(params string[] roles)
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
            if (role != "standby")
                Victims[role] = node;
        }

        foreach (var name in Victims.Values.Select(victim => victim.Name).Append(_standby))
            await WaitUntilReadyAsync(name);

        foreach (var (role, victim) in Victims)
            await _cluster.Kubectl.RunWithInputAsync(_witness.Manifest(role, victim.Name, _standby), "apply", "-n", UniqueName, "-f", "-");
        foreach (var role in roles)
            await Eventually.PassesAsync(() => HasRunsAsync(role, 1));
        (await _cluster.Api.ListAsync($"/api/v1/namespaces/{UniqueName}/pods")).ShouldAllBe(pod => (string)pod["spec"]!["nodeName"]! != _standby);
    }

    private protected Task HasRunsAsync(string role, int count)
    {
        _witness.RunsOf(role).Count.ShouldBe(count, _witness.Describe(role));
        return Task.CompletedTask;
    }

    private protected Task WaitUntilReadyAsync(string node) => Eventually.PassesAsync(async () =>
    {
        var found = await _cluster.Api.GetAsync($"/api/v1/nodes/{node}");
        found["status"]!["conditions"]!.AsArray().ShouldContain(item => IsReady(item), Victims.Values.FirstOrDefault(v => v.Name == node)?.Daemon.Describe());
    });

    private static bool IsReady(JsonNode? condition) => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True";
}
