using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>
/// Keeps as many active pods as an owner wants: adopts and releases pods, creates missing ones and deletes surplus ones. Serves
/// ReplicationControllers and ReplicaSets.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/replicaset/replica_set.go.</remarks>
internal static class ReplicaPlanner
{
    /// <summary>The most pods that one plan writes; the rest follows in the next one.</summary>
    public const int BurstMax = 500;

    /// <summary>Plans.</summary>
    /// <param name="demand">What the owner wants.</param>
    /// <param name="observed">All pods that the owner selects or controls, in any order.</param>
    /// <param name="now">The moment, for what counts as available.</param>
    /// <param name="siblings">Pods that count for how many pods a node has when surplus is chosen, besides the owner's own.</param>
    public static ReplicaPlan Plan(
        ReplicaDemand demand, IEnumerable<V1Pod> observed, DateTimeOffset now, params IEnumerable<V1Pod> siblings)
    {
        var claims = ClaimedObjects<V1Pod>.Of(demand.Owner, demand.Selector, WellKnownResources.Pods, observed.Where(pod => pod.IsActive));
        var (counts, nextAvailable) = Count(demand, claims.Objects, now);
        if (demand.Owner.IsDeleting)
            return new ReplicaPlan([], counts, null);

        var missing = demand.Replicas - claims.Objects.Count;
        var budget = Math.Max(0, BurstMax - claims.Changes.Count);
        IEnumerable<ObjectAction> scaling = (missing, claims.Changes.Count) switch
        {
            ( >= 0, _) => Create(demand, Math.Min(missing, budget)),
            // An adoption may fail because another owner was faster, so what is not surely one's own yet is not deleted.
            ( < 0, > 0) => [],
            _ => DeletionRanking.Rank(claims.Objects, claims.Objects.Concat(siblings)).Take(Math.Min(-missing, budget)).Select(Delete),
        };
        ObjectAction[] actions = [.. claims.Changes.Take(BurstMax), .. scaling];
        var isMoreLeft = actions.Length < claims.Changes.Count + Math.Abs(missing);
        return new ReplicaPlan(actions, counts, isMoreLeft ? TimeSpan.Zero : nextAvailable);
    }

    private static (ReplicaCounts Counts, TimeSpan? NextAvailable) Count(ReplicaDemand demand, IReadOnlyList<V1Pod> pods, DateTimeOffset now)
    {
        var template = LabelSelector.FromMap(demand.Template.Metadata?.Labels);
        int fullyLabeled = 0, ready = 0, available = 0;
        TimeSpan? nextAvailable = null;
        foreach (var pod in pods)
        {
            if (template.Matches(pod.Metadata.Labels))
                fullyLabeled++;
            if (pod.IsReady)
                ready++;
            if (pod.AvailableFrom(demand.MinReadySeconds) is not { } from)
                continue;
            if (from <= now)
                available++;
            else if (nextAvailable is null || from - now < nextAvailable)
                nextAvailable = from - now;
        }

        return (new ReplicaCounts(pods.Count, fullyLabeled, ready, available), nextAvailable);
    }

    private static IEnumerable<ObjectAction> Create(ReplicaDemand demand, int count)
    {
        if (count == 0)
            yield break;

        var pods = new PodFromTemplate(demand.Owner, demand.Template);
        count = Math.Min(count, Math.Max(1, PodFromTemplate.BurstBytesMax / pods.Bytes));
        for (var i = 0; i < count; i++)
        {
            yield return new CreateObject(WellKnownResources.Pods, pods.Create())
            {
                EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {name}"),
                EventOnFailure = static error => new PlannedEvent("Warning", "FailedCreate", $"Error creating: {error}"),
            };
        }
    }

    private static DeleteObject Delete(V1Pod pod) =>
        new(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid)
        {
            EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted pod: {name}"),
            EventOnFailure = static error => new PlannedEvent("Warning", "FailedDelete", $"Error deleting: {error}"),
        };
}
