using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>
/// Says whether a node can take a pod, from the objects alone and as plainly as it can be said. It shares nothing with
/// the code under test, so that a fault would have to be made twice.
/// </summary>
internal static class NaiveFilter
{
    public static bool Fits(V1Pod pod, V1Node node, IEnumerable<V1Pod> running)
    {
        var onNode = running.ToList();
        return !IsCordonedFor(pod, node)
            && (node.Spec.Taints ?? []).All(taint => taint.Effect == "PreferNoSchedule" || IsTolerated(pod, taint))
            && MatchesAffinity(pod, node)
            && !onNode.SelectMany(Ports).Any(taken => Ports(pod).Any(wanted => Conflict(taken, wanted)))
            && onNode.Count + 1 <= Amount(node.Status.Allocatable, "pods")
            && new[] { "cpu", "memory", "example.com/gpu" }.All(name => HasRoom(name, pod, node, onNode));
    }

    private static bool HasRoom(string name, V1Pod pod, V1Node node, List<V1Pod> onNode)
    {
        var wanted = Request(pod, name);
        return wanted == 0 || onNode.Sum(other => Request(other, name)) + wanted <= Amount(node.Status.Allocatable, name);
    }

    private static decimal Request(V1Pod pod, string name) => pod.Spec.Containers.Sum(container => Amount(container.Resources.Requests, name));

    private static decimal Amount(IDictionary<string, ResourceQuantity> amounts, string name) =>
        amounts.TryGetValue(name, out var amount) ? amount.ToDecimal() : 0;

    private static bool IsCordonedFor(V1Pod pod, V1Node node) =>
        node.Spec.Unschedulable == true && !IsTolerated(pod, new V1Taint { Key = "node.kubernetes.io/unschedulable", Effect = "NoSchedule" });

    private static bool IsTolerated(V1Pod pod, V1Taint taint) => (pod.Spec.Tolerations ?? []).Any(toleration =>
        (string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect)
        && (string.IsNullOrEmpty(toleration.Key) || toleration.Key == taint.Key)
        && (toleration.OperatorProperty == "Exists" || toleration.Value == taint.Value));

    public static bool MatchesAffinity(V1Pod pod, V1Node node)
    {
        if ((pod.Spec.NodeSelector ?? new Dictionary<string, string>()).Any(pair => Label(node, pair.Key) != pair.Value))
            return false;
        return pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required
            || required.NodeSelectorTerms.Any(term => term.MatchExpressions.All(requirement => Matches(node, requirement)));
    }

    private static bool Matches(V1Node node, V1NodeSelectorRequirement requirement)
    {
        var value = Label(node, requirement.Key);
        return requirement.OperatorProperty switch
        {
            "In" => value is not null && requirement.Values.Contains(value),
            "NotIn" => value is null || !requirement.Values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => value is not null && Number(value) > Number(requirement.Values[0]),
            _ => value is not null && Number(value) < Number(requirement.Values[0]),
        };
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string? Label(V1Node node, string key) => node.Metadata.Labels.TryGetValue(key, out var value) ? value : null;

    private static IEnumerable<V1ContainerPort> Ports(V1Pod pod) => pod.Spec.Containers.SelectMany(container => container.Ports ?? []);

    private static bool Conflict(V1ContainerPort left, V1ContainerPort right) =>
        left.HostPort == right.HostPort && (left.HostIP is null || right.HostIP is null || left.HostIP == right.HostIP);
}
