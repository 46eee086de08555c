using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>Keeps the status of a PodDisruptionBudget: how many of its pods may be evicted now.</summary>
/// <remarks>
/// <para>An eviction takes one from the allowed disruptions of the status and records its pod there before the pod is deleted
/// (<see cref="DisruptionBudgets.Take"/>). The pod does not count as healthy until it is seen as being deleted, or for two minutes,
/// even if the observed pods are old. The status is written at the observed resourceVersion, so that it overwrites no eviction.
/// Thus no eviction is allowed twice.</para>
/// <para>See k8s.io/kubernetes/pkg/controller/disruption.</para>
/// </remarks>
public sealed class DisruptionBudgetReconciler : IReconciler
{
    /// <summary>How long an evicted pod may take to get a deletionTimestamp, as in Kubernetes. After that its eviction counts as failed.</summary>
    public static readonly TimeSpan DeletionPatience = TimeSpan.FromMinutes(2);

    // Owners of kinds that are not watched cause no reconciliation, so a failed count is repeated.
    private static readonly TimeSpan LookAgainAfterFailure = TimeSpan.FromSeconds(30);

    // An evicted pod that is absent counts as gone. Its absence is read from the newest state.
    private static readonly SelectedByLabels Pods = new(WellKnownResources.Pods, SelectorOf)
    {
        NeedsNewest = static budget => ((V1PodDisruptionBudget)budget).Status?.DisruptedPods is { Count: > 0 },
    };

    private static readonly ScalesOfPods Scales = new(SelectorOf);

    /// <inheritdoc/>
    public string Name => "disruption-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.PodDisruptionBudgets;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Pods, Scales];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1PodDisruptionBudget budget)
            return Plan.Nothing;
        var pods = observation.Of<V1Pod>(Pods).ToList();
        var expected = ExpectedPods.Of(budget.Spec, pods, observation.Related(Scales));
        var evictions = Evictions.Of(budget, pods, observation.Now);
        var updated = ObjectCodec.Clone(budget);
        updated.Status = expected.Failure is { } why
            ? FailedStatus(budget, why, observation.Now)
            : StatusOf(budget, expected, evictions, HealthyOf(pods, evictions.UnderWay), observation.Now);
        var lookAgain = expected.Failure is null ? evictions.NextEnd : LookAgainAfterFailure;
        if (IsSame(budget.Status, updated.Status))
            return new Plan { RequeueAfter = lookAgain };
        return new Plan
        {
            Actions = [new UpdateStatus(WellKnownResources.PodDisruptionBudgets, updated)],
            Events = [.. EventsOf(budget, pods, expected), .. evictions.Failed.Select(pod => NotDeleted(budget, pod))],
            RequeueAfter = lookAgain,
        };
    }

    private static LabelSelector SelectorOf(KubeObject budget) => LabelSelector.From(((V1PodDisruptionBudget)budget).Spec?.Selector);

    private static int HealthyOf(IEnumerable<V1Pod> pods, Dictionary<string, DateTime?> underWay) =>
        pods.Count(pod => pod.IsReady && !pod.IsDeleting && !underWay.ContainsKey(pod.Metadata.Name));

    private static V1PodDisruptionBudgetStatus StatusOf(
        V1PodDisruptionBudget budget, ExpectedPods expected, Evictions evictions, int healthy, DateTimeOffset now)
    {
        var status = new V1PodDisruptionBudgetStatus
        {
            CurrentHealthy = healthy,
            DesiredHealthy = expected.Healthy,
            ExpectedPods = expected.Count,
            // A budget without pods allows no eviction: its first pods may be evicted before they are counted.
            DisruptionsAllowed = expected.Count > 0 ? Math.Max(0, healthy - expected.Healthy) : 0,
            DisruptedPods = evictions.UnderWay.Count > 0 ? evictions.UnderWay : null,
            ObservedGeneration = budget.Metadata.Generation,
            Conditions = CopyOf(budget.Status?.Conditions),
        };
        DisruptionBudgets.SetAllowedCondition(status, now);
        return status;
    }

    /// <summary>A budget whose pods cannot be counted allows no eviction.</summary>
    private static V1PodDisruptionBudgetStatus FailedStatus(V1PodDisruptionBudget budget, string why, DateTimeOffset now)
    {
        var status = budget.Status is { } present ? ObjectCodec.Clone(present) : new V1PodDisruptionBudgetStatus();
        status.DisruptionsAllowed = 0;
        DisruptionBudgets.SetCondition(status, "False", "SyncFailed", why, now);
        return status;
    }

    private static IEnumerable<PlannedEvent> EventsOf(V1PodDisruptionBudget budget, List<V1Pod> pods, ExpectedPods expected)
    {
        if (pods.Count == 0)
            yield return new PlannedEvent("Normal", "NoPods", "No matching pods found");
        if (expected.Failure is { } why)
            yield return new PlannedEvent("Warning", "CalculateExpectedPodCountFailed", $"Failed to calculate the number of expected pods: {why}");
        if (expected.HasUnmanaged)
        {
            yield return new PlannedEvent(
                "Warning", "UnmanagedPods",
                $"Pods selected by this PodDisruptionBudget (selector: {Told(budget.Spec.Selector)}) were found to be unmanaged. As a result, the status of the "
                + "PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" "
                + "field of the PDB to an integer value.");
        }
    }

    private static PlannedEvent NotDeleted(V1PodDisruptionBudget budget, V1Pod pod) => new(
        "Warning", "NotDeleted", $"Pod was expected by PDB {budget.Metadata.NamespaceProperty}/{budget.Metadata.Name} to be deleted but it wasn't")
    {
        Regarding = (WellKnownResources.Pods, pod.Key),
    };

    /// <summary>Formats a selector as Go prints it, as in Kubernetes' event.</summary>
    private static string Told(V1LabelSelector selector)
    {
        var labels = (selector.MatchLabels ?? new Dictionary<string, string>()).OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => $"{label.Key}: {label.Value},");
        var expressions = (selector.MatchExpressions ?? []).Select(
            expression => $"LabelSelectorRequirement{{Key:{expression.Key},Operator:{expression.OperatorProperty},Values:[{string.Join(' ', expression.Values ?? [])}],}},");
        return $"&LabelSelector{{MatchLabels:map[string]string{{{string.Concat(labels)}}},MatchExpressions:[]LabelSelectorRequirement{{{string.Concat(expressions)}}},}}";
    }

    private static bool IsSame(V1PodDisruptionBudgetStatus? present, V1PodDisruptionBudgetStatus wanted)
    {
        if (present?.DisruptedPods is { Count: 0 })
        {
            present = ObjectCodec.Clone(present);
            present.DisruptedPods = null;
        }

        return ObjectFacts.SameJson(present, wanted);
    }

    private static IList<V1Condition>? CopyOf(IList<V1Condition>? conditions) => conditions is null ? null : [.. conditions.Select(ObjectCodec.Clone)];

    /// <summary>The evictions that a budget's status records.</summary>
    /// <param name="UnderWay">The evicted pods that are not seen as being deleted yet, and the times of their evictions.</param>
    /// <param name="Failed">The evicted pods that were not deleted in time.</param>
    /// <param name="NextEnd">How long until the next eviction counts as failed; null if none is under way.</param>
    private sealed record Evictions(Dictionary<string, DateTime?> UnderWay, List<V1Pod> Failed, TimeSpan? NextEnd)
    {
        public static Evictions Of(V1PodDisruptionBudget budget, IEnumerable<V1Pod> pods, DateTimeOffset now)
        {
            var evictions = new Evictions(new(StringComparer.Ordinal), [], null);
            if (budget.Status?.DisruptedPods is not { Count: > 0 } known)
                return evictions;
            DateTimeOffset? nextEnd = null;
            foreach (var pod in pods.Where(pod => !pod.IsDeleting).OrderBy(pod => pod.Key))
            {
                // A pod that was created after the eviction only shares the name of the evicted one.
                if (!known.TryGetValue(pod.Metadata.Name, out var since) || ApiTime.Read(since) is not { } evicted
                    || ApiTime.Read(pod.Metadata.CreationTimestamp) > evicted)
                {
                    continue;
                }

                var end = Waits.After(evicted, DeletionPatience);
                if (end < now)
                {
                    evictions.Failed.Add(pod);
                    continue;
                }

                evictions.UnderWay[pod.Metadata.Name] = since;
                nextEnd = nextEnd is { } earlier && earlier < end ? earlier : end;
            }

            // One millisecond later, so that the patience is over.
            return evictions with { NextEnd = nextEnd is { } next ? next - now + TimeSpan.FromMilliseconds(1) : null };
        }
    }
}
