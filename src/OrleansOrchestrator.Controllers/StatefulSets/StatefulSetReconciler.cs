using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>Keeps the pods of a StatefulSet, each with its own name and claims, rolls out its template, and keeps its revisions and status.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/statefulset.</remarks>
public sealed class StatefulSetReconciler : IReconciler
{
    private static readonly SelectedByLabels Selected = new(WellKnownResources.Pods, set => SelectorOf((V1StatefulSet)set));
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.Pods);
    private static readonly ClaimsOfTemplates Claims = new();
    private static readonly RevisionRelations Revisions = new(set => RevisedOf((V1StatefulSet)set));

    /// <inheritdoc/>
    public string Name => "statefulset-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.StatefulSets;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Selected, Controlled, Claims, .. Revisions.All];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1StatefulSet set || RevisedOf(set) is not { } revised)
            return Plan.Nothing;

        var history = RevisionHistory.Of(revised, StatefulRevisions.HashLabel, Revisions.Observed(observation));
        var claims = ClaimedObjects<V1Pod>.Of(
            set, revised.Selector, WellKnownResources.Pods, observation.OfAny<V1Pod>(Selected, Controlled), pod => set.OrdinalOf(pod.Metadata.Name) is not null);
        // An adoption may still fail because another owner is faster, and a pod names a revision that exists. Other writes wait.
        if (!history.IsSettled || claims.Changes.Count > 0)
            return history.Prepare(claims.Changes, StatefulNames.BurstMax);

        var revisions = StatefulRevisions.Of(set, history);
        var present = new SortedDictionary<int, V1Pod>();
        foreach (var pod in claims.Objects)
        {
            if (set.OrdinalOf(pod.Metadata.Name) is { } ordinal)
                present[ordinal] = pod;
        }

        var status = PatchObject.OfChangedStatus(
            Primary, set, changed => changed.Status = StatusOf(set, revisions, present.Values, observation.Now));
        if (set.IsDeleting)
            return new Plan { Actions = status };

        var planner = new StatefulSetPlanner(set, revisions, present, observation.Of<V1PersistentVolumeClaim>(Claims), observation.Now);
        return new Plan
        {
            Actions = [.. planner.Plan(), .. Truncate(set, history, revisions, present.Values), .. status],
            // Only with a change of the status, such as the missing pod: an event at each look would never end.
            Events = status.Count > 0 && planner.Hindrance is { } hindrance ? [hindrance] : [],
            RequeueAfter = planner.IsMoreLeft ? TimeSpan.Zero : planner.NextLook - observation.Now,
        };
    }

    private static LabelSelector SelectorOf(V1StatefulSet set) => LabelSelector.From(set.Spec?.Selector);

    private static RevisedObject? RevisedOf(V1StatefulSet set) => set.Spec?.Template?.Spec is null ? null : new RevisedObject
    {
        Owner = set,
        Resource = WellKnownResources.StatefulSets,
        Selector = SelectorOf(set),
        Template = set.Spec.Template,
        CollisionCount = set.Status?.CollisionCount ?? 0,
    };

    private static V1StatefulSetStatus StatusOf(V1StatefulSet set, StatefulRevisions revisions, IReadOnlyCollection<V1Pod> pods, DateTimeOffset now)
    {
        var ready = pods.Where(pod => pod.Status?.Phase == PodPhase.Running && pod.IsReady).ToList();
        var staying = pods.Where(pod => !pod.IsDeleting).ToList();
        var (updated, current) = (staying.Count(revisions.IsUpdated), revisions.Current.Metadata.Name);
        // The update is finished once all pods have its revision and are ready.
        if (set.Spec.UpdateStrategy is not { Type: "OnDelete" } && updated == set.WantedReplicas && pods.Count == updated && ready.Count == updated)
            current = revisions.Update.Metadata.Name;
        return new V1StatefulSetStatus
        {
            Replicas = pods.Count,
            ReadyReplicas = ObjectFacts.OmitZero(ready.Count),
            AvailableReplicas = ready.Count(pod => pod.AvailableFrom(set.Spec.MinReadySeconds ?? 0) <= now),
            CurrentReplicas = ObjectFacts.OmitZero(staying.Count(pod => RevisionHistory.RevisionOf(pod) == current)),
            UpdatedReplicas = ObjectFacts.OmitZero(updated),
            CurrentRevision = current,
            UpdateRevision = revisions.Update.Metadata.Name,
            ObservedGeneration = set.Metadata.Generation,
            CollisionCount = set.Status?.CollisionCount ?? 0,
            Conditions = set.Status?.Conditions,
        };
    }

    private static IEnumerable<DeleteObject> Truncate(
        V1StatefulSet set, RevisionHistory history, StatefulRevisions revisions, IReadOnlyCollection<V1Pod> pods)
    {
        var live = pods.Select(RevisionHistory.RevisionOf).Append(revisions.Current.Metadata.Name).Append(revisions.Update.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        V1ControllerRevision[] old = [.. history.All.Where(revision => !live.Contains(revision.Metadata.Name))];
        return RevisionHistory.Truncate(old, set.Spec.RevisionHistoryLimit, static _ => false);
    }
}
