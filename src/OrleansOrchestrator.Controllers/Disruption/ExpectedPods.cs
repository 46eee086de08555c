using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>How many pods a PodDisruptionBudget expects, and how many of them must be healthy.</summary>
/// <param name="Count">The number of expected pods.</param>
/// <param name="Healthy">How many of them must be healthy.</param>
/// <remarks>See getExpectedPodCount in k8s.io/kubernetes/pkg/controller/disruption.</remarks>
internal sealed record ExpectedPods(int Count, int Healthy)
{
    /// <summary>Why the pods cannot be counted; null if they can.</summary>
    public string? Failure { get; private init; }

    /// <summary>Whether a pod has no controller, so that no owner says how many such pods are expected.</summary>
    public bool HasUnmanaged { get; private init; }

    /// <summary>Counts the pods.</summary>
    /// <param name="spec">The budget's spec.</param>
    /// <param name="pods">The pods that the budget selects.</param>
    /// <param name="scales">The owners that <see cref="ScalesOfPods"/> observes.</param>
    public static ExpectedPods Of(V1PodDisruptionBudgetSpec? spec, IReadOnlyCollection<V1Pod> pods, IEnumerable<RelatedObject> scales)
    {
        if (spec?.MaxUnavailable is { } maxUnavailable)
        {
            var all = CountWanted(pods, scales);
            return all with { Healthy = Math.Max(0, all.Count - (IntOrPercent.Resolve(maxUnavailable, all.Count, roundUp: true) ?? 0)) };
        }

        if (spec?.MinAvailable is not { } minAvailable)
            return new ExpectedPods(0, 0);
        var counted = minAvailable.Value.EndsWith('%') ? CountWanted(pods, scales) : new ExpectedPods(pods.Count, 0);
        return counted with { Healthy = IntOrPercent.Resolve(minAvailable, counted.Count, roundUp: true) ?? 0 };
    }

    /// <summary>Sums the wanted replicas of the pods' owners.</summary>
    private static ExpectedPods CountWanted(IEnumerable<V1Pod> pods, IEnumerable<RelatedObject> scales)
    {
        var owners = scales.Where(related => related.Object is V1Scale).DistinctBy(related => related.Object.Metadata.Uid)
            .ToDictionary(related => related.Object.Metadata.Uid, StringComparer.Ordinal);
        var (counted, hasUnmanaged, wanted) = (new HashSet<string>(StringComparer.Ordinal), false, 0L);
        foreach (var pod in pods.OrderBy(pod => pod.Key))
        {
            if (pod.Controller is not { } reference)
            {
                hasUnmanaged = true;
                continue;
            }

            if (!owners.TryGetValue(reference.Uid ?? "", out var owner))
                return Failed($"found no controllers for pod \"{pod.Metadata.Name}\"");

            // A pod counts for the Deployment above its ReplicaSet, so that a rollout with several ReplicaSets does not change the sum.
            if (owner.Object.Controller is { Uid: { } above } && owners.TryGetValue(above, out var deployment) && deployment.Resource == WellKnownResources.Deployments)
                owner = deployment;
            if (((V1Scale)owner.Object).Spec is not { } spec)
                return Failed($"{owner.Resource} does not implement the scale subresource");
            if (counted.Add(owner.Object.Metadata.Uid))
                wanted += spec.Replicas ?? 0;
        }

        return new ExpectedPods((int)Math.Clamp(wanted, 0, int.MaxValue), 0) { HasUnmanaged = hasUnmanaged };
    }

    private static ExpectedPods Failed(string why) => new(0, 0) { Failure = why };
}
