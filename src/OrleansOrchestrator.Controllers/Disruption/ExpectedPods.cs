using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>How many pods a disruption budget is about, and how many of them it wants healthy.</summary>
/// <param name="Count">The pods that there should be.</param>
/// <param name="Healthy">How many of them have to be healthy.</param>
/// <remarks>See getExpectedPodCount in k8s.io/kubernetes/pkg/controller/disruption.</remarks>
internal sealed record ExpectedPods(int Count, int Healthy)
{
    /// <summary>Why they cannot be counted; null if they can.</summary>
    public string? Failure { get; private init; }

    /// <summary>Whether there are pods that nobody controls, of which nobody says how many there should be.</summary>
    public bool HasUnmanaged { get; private init; }

    /// <summary>Counts them.</summary>
    /// <param name="spec">What the budget says.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="scales">What <see cref="ScalesOfPods"/> observes.</param>
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

    /// <summary>The sum of what the owners of some pods want.</summary>
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

            // A Deployment wants as many as all of its ReplicaSets together, also while it replaces one by another.
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
