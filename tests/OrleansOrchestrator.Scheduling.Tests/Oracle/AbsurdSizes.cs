using k8s.Models;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>Pods that have as many of one thing as fit into an object, each made so that it costs the most to look at.</summary>
internal static class AbsurdSizes
{
    private const int Many = 10_000;

    /// <summary>The pods by what they have too many of.</summary>
    public static IReadOnlyDictionary<string, Func<V1Pod>> Pods { get; } = new Dictionary<string, Func<V1Pod>>(StringComparer.Ordinal)
    {
        ["anti-affinity terms"] = () => Each(8_000, (pod, i) => pod.AwayFrom($"other-{i}", "zone")),
        ["anti-affinity terms of all namespaces"] = () => Each(Many, (pod, i) => Required(pod, AgainstAll(i, "kubernetes.io/hostname"))),
        ["anti-affinity terms over keys of their own"] = () => Each(Many, (pod, i) => Required(pod, AgainstAll(i, $"key-{i}"))),
        ["preferred anti-affinity terms"] = () => Each(8_000, (pod, i) => pod.AwayFrom($"other-{i}", "zone", weight: 1)),
        ["preferred terms of all namespaces"] = () => Each(8_000, (pod, i) => Preferred(pod, AgainstAll(i, "zone"))),
        ["affinity terms"] = () => Each(8_000, (pod, i) => pod.WithLabel("app", "self").Near("self", i % 2 == 0 ? "zone" : $"key-{i}")),
        ["spread constraints"] = () => Each(6_000, (pod, i) => pod.SpreadOver($"key-{i}", 1, "app", isRequired: i % 2 == 0)),
        ["spread constraints and node affinity terms"] = () => Each(2_000, (pod, i) => pod
            .SpreadOver("kubernetes.io/hostname", 1, $"app-{i}", isRequired: false).Preferring(1, PodObjects.Labels($"key-{i}", "DoesNotExist")))
            .Requiring([.. Enumerable.Range(0, 2_000).Select(i => PodObjects.Labels($"key-{i}", "Exists")), PodObjects.Labels("zone", "Exists")]),
        ["tolerations"] = () => Each(15_000, (pod, i) => pod.WithToleration($"key-{i}", "value", "Equal", "NoSchedule")),
        ["node affinity terms"] = () => PodObjects.Create("absurd").Requiring([.. Enumerable.Range(0, Many).Select(i => PodObjects.Labels("zone", "In", $"none-{i}"))]),
        ["node affinity expressions"] = () => PodObjects.Create("absurd").Requiring(new V1NodeSelectorTerm
        {
            MatchExpressions = [.. Enumerable.Range(0, 2 * Many).Select(i => new V1NodeSelectorRequirement { Key = $"key-{i}", OperatorProperty = "DoesNotExist" })],
        }),
        ["node affinity values"] = () => PodObjects.Create("absurd").Requiring(PodObjects.Labels("zone", "NotIn", [.. Enumerable.Range(0, 10 * Many).Select(i => $"v{i}")])),
        ["node names"] = () => PodObjects.Create("absurd").Requiring(PodObjects.Fields("In", [.. Enumerable.Range(0, 10 * Many).Select(i => $"v{i}")])),
        ["preferred node affinity terms"] = () => Each(Many, (pod, i) => pod.Preferring(1, PodObjects.Labels($"key-{i}", "DoesNotExist"))),
        ["node selector labels"] = () => Each(3 * Many, (pod, i) => pod.WithNodeSelector($"key-{i}", "value")),
        ["selector expressions"] = () => PodObjects.Create("absurd").WithSelector(2 * Many),
        ["selector values"] = () => Required(PodObjects.Create("absurd"), AgainstAll("app", "zone", [.. Enumerable.Range(0, 10 * Many).Select(i => $"v{i}")])),
        ["namespaces"] = () => Required(PodObjects.Create("absurd"), new V1PodAffinityTerm
        {
            TopologyKey = "zone",
            LabelSelector = new V1LabelSelector(),
            Namespaces = [.. Enumerable.Range(0, 10 * Many).Select(i => $"ns-{i}")],
        }),
        ["host ports"] = () => Each(2 * Many, (pod, i) => pod.WithHostPort(1 + i)),
        ["labels"] = () => Each(5 * Many, (pod, i) => pod.WithLabel($"key-{i}", "value")),
        ["extended resources"] = () => Each(Many, (pod, i) => pod.WithResource($"example.com/r{i}", "1")),
    };

    private static V1Pod Each(int count, Action<V1Pod, int> add)
    {
        var pod = PodObjects.Create("absurd");
        for (var i = 0; i < count; i++)
            add(pod, i);
        return pod;
    }

    private static V1Pod WithSelector(this V1Pod pod, int expressions) => Required(pod, new V1PodAffinityTerm
    {
        TopologyKey = "zone",
        NamespaceSelector = new V1LabelSelector(),
        LabelSelector = new V1LabelSelector
        {
            MatchExpressions = [.. Enumerable.Range(0, expressions).Select(i => new V1LabelSelectorRequirement { Key = $"key-{i}", OperatorProperty = "DoesNotExist" })],
        },
    });

    private static V1PodAffinityTerm AgainstAll(int index, string topologyKey) => AgainstAll("app", topologyKey, [$"nobody-{index}"]);

    private static V1PodAffinityTerm AgainstAll(string key, string topologyKey, string[] except) => new()
    {
        TopologyKey = topologyKey,
        NamespaceSelector = new V1LabelSelector(),
        LabelSelector = new V1LabelSelector { MatchExpressions = [new V1LabelSelectorRequirement { Key = key, OperatorProperty = "NotIn", Values = [.. except] }] },
    };

    private static V1Pod Required(V1Pod pod, V1PodAffinityTerm term)
    {
        var anti = (pod.Spec.Affinity ??= new V1Affinity()).PodAntiAffinity ??= new V1PodAntiAffinity();
        (anti.RequiredDuringSchedulingIgnoredDuringExecution ??= []).Add(term);
        return pod;
    }

    private static V1Pod Preferred(V1Pod pod, V1PodAffinityTerm term)
    {
        var anti = (pod.Spec.Affinity ??= new V1Affinity()).PodAntiAffinity ??= new V1PodAntiAffinity();
        (anti.PreferredDuringSchedulingIgnoredDuringExecution ??= []).Add(new V1WeightedPodAffinityTerm { Weight = 1, PodAffinityTerm = term });
        return pod;
    }
}
