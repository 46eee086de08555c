using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>
/// Says whether a node can take a pod as far as other nodes and their pods matter: required affinity, anti-affinity in
/// both directions, and required spread. Written from the rules, pod by pod, without any index.
/// </summary>
internal static class NaiveNeighbours
{
    public static bool Allows(V1Pod pod, V1Node node, IReadOnlyList<V1Node> nodes, IReadOnlyDictionary<string, List<V1Pod>> running)
    {
        var placed = nodes.SelectMany(other => running[other.Metadata.Name].Select(p => (Node: other, Pod: p))).ToList();
        return MayBeNear(pod, node, placed) && MustBeNear(pod, node, placed) && IsSpread(pod, node, nodes, placed);
    }

    private static bool MayBeNear(V1Pod pod, V1Node node, List<(V1Node Node, V1Pod Pod)> placed) =>
        placed.All(other =>
            Anti(pod).All(term => !Selects(term.LabelSelector, other.Pod) || !SameDomain(term.TopologyKey, node, other.Node))
            && Anti(other.Pod).All(term => !Selects(term.LabelSelector, pod) || !SameDomain(term.TopologyKey, node, other.Node)));

    private static bool MustBeNear(V1Pod pod, V1Node node, List<(V1Node Node, V1Pod Pod)> placed)
    {
        var terms = (pod.Spec.Affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).ToList();
        var companions = placed.Where(other => terms.All(term => Selects(term.LabelSelector, other.Pod)) && terms.Any(term => Label(other.Node, term.TopologyKey) is not null)).ToList();
        if (companions.Count == 0 && terms.All(term => Selects(term.LabelSelector, pod)))
            return terms.All(term => Label(node, term.TopologyKey) is not null);
        return terms.All(term => companions.Any(other => SameDomain(term.TopologyKey, node, other.Node)));
    }

    private static bool IsSpread(V1Pod pod, V1Node node, IReadOnlyList<V1Node> nodes, List<(V1Node Node, V1Pod Pod)> placed)
    {
        var constraints = pod.Spec.TopologySpreadConstraints ?? [];
        var eligible = nodes.Where(other => NaiveFilter.MatchesAffinity(pod, other) && constraints.All(c => Label(other, c.TopologyKey) is not null)).ToList();
        foreach (var constraint in constraints)
        {
            if (Label(node, constraint.TopologyKey) is not { } domain)
                return false;
            var counts = eligible.GroupBy(other => Label(other, constraint.TopologyKey)!)
                .ToDictionary(group => group.Key, group => placed.Count(other => group.Contains(other.Node) && Selects(constraint.LabelSelector, other.Pod)));
            var own = Selects(constraint.LabelSelector, pod) ? 1 : 0;
            if (counts.GetValueOrDefault(domain) + own - counts.Values.Min() > constraint.MaxSkew)
                return false;
        }

        return true;
    }

    private static IEnumerable<V1PodAffinityTerm> Anti(V1Pod pod) =>
        pod.Spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [];

    private static bool Selects(V1LabelSelector selector, V1Pod pod) =>
        selector.MatchLabels.All(pair => pod.Metadata.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static bool SameDomain(string key, V1Node left, V1Node right) => Label(left, key) is { } value && value == Label(right, key);

    private static string? Label(V1Node node, string key) => node.Metadata.Labels.TryGetValue(key, out var value) ? value : null;
}
