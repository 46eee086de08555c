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

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>Keeps one pod of a DaemonSet on every node that it selects, rolls out its template, and keeps its revisions and status.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/daemon.</remarks>
public sealed class DaemonSetReconciler : IReconciler
{
    /// <summary>The most pods that one plan creates, and the most that it deletes; the rest follows in the next one.</summary>
    public const int BurstMax = 250;

    private static readonly SelectedByLabels Selected = new(WellKnownResources.Pods, set => SelectorOf((V1DaemonSet)set));
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.Pods);
    private static readonly AllOfKind Nodes = new(WellKnownResources.Nodes) { Differ = (before, after) => DaemonPlacement.Differ((V1Node)before, (V1Node)after) };
    private static readonly RevisionRelations Revisions = new(set => RevisedOf((V1DaemonSet)set));

    /// <inheritdoc/>
    public string Name => "daemonset-controller";

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("daemon-set-controller");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.DaemonSets;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Selected, Controlled, Nodes, .. Revisions.All];

    /// <inheritdoc/>
    public TimeSpan BatchPeriod => TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1DaemonSet { IsDeleting: false } set || RevisedOf(set) is not { } revised)
            return Plan.Nothing;

        var history = RevisionHistory.Of(revised, RevisionHistory.PodLabel, Revisions.Observed(observation));
        var claims = ClaimedObjects<V1Pod>.Of(set, revised.Selector, WellKnownResources.Pods, observation.OfAny<V1Pod>(Selected, Controlled));
        // An adoption may still fail because another owner is faster, so other writes wait for it.
        if (!history.IsSettled || claims.Changes.Count > 0)
            return history.Prepare(claims.Changes, BurstMax);

        var test = new DaemonPodTest(DaemonPods.HashOf(history.Current!), set.Spec.MinReadySeconds ?? 0, observation.Now);
        var draft = new DaemonDraft();
        var nodes = Survey(set, claims.Objects, observation.Of<V1Node>(Nodes), draft);
        var update = set.Spec.UpdateStrategy;
        var rolls = update?.Type is null or "RollingUpdate";
        var upkeep = new DaemonUpkeep(test, rolls && Surges(update?.RollingUpdate), draft);
        foreach (var node in nodes)
            upkeep.Decide(node);
        if (rolls && draft.IsEmpty)
            new DaemonRollout(test, draft).Decide(update?.RollingUpdate, nodes);

        var status = DaemonSetStatus.Of(set, nodes, test, draft);
        ObjectAction[] actions =
        [
            .. Apply(set, test.Hash, draft, out var isMoreLeft),
            .. Truncate(set, history, claims.Objects),
            .. PatchObject.OfChangedStatus(Primary, set, changed => changed.Status = status),
        ];
        return new Plan
        {
            Actions = actions,
            RequeueAfter = isMoreLeft ? TimeSpan.Zero : draft.NextLook - observation.Now,
        };
    }

    private static LabelSelector SelectorOf(V1DaemonSet set) => LabelSelector.From(set.Spec?.Selector);

    private static RevisedObject? RevisedOf(V1DaemonSet set) => set.Spec?.Template?.Spec is null ? null : new RevisedObject
    {
        Owner = set,
        Resource = WellKnownResources.DaemonSets,
        Selector = SelectorOf(set),
        Template = set.Spec.Template,
        CollisionCount = set.Status?.CollisionCount ?? 0,
    };

    private static bool Surges(V1RollingUpdateDaemonSet? update) => IntOrPercent.Resolve(update?.MaxSurge, 100, roundUp: true) > 0;

    /// <summary>Groups the pods by node. Deletes unbound pods whose node does not exist.</summary>
    private static List<DaemonNode> Survey(V1DaemonSet set, IReadOnlyList<V1Pod> pods, IEnumerable<V1Node> nodes, DaemonDraft draft)
    {
        var placement = new DaemonPlacement(set.Spec.Template.Spec);
        var podsByNode = pods
            .Where(pod => !IsHeldAfterItsEnd(pod))
            .GroupBy(pod => DaemonPods.NodeOf(pod) ?? "", StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var surveyed = new List<DaemonNode>();
        foreach (var node in nodes.OrderBy(node => node.Metadata.Name, StringComparer.Ordinal))
        {
            var (shouldRun, mayStay) = placement.Judge(node);
            podsByNode.Remove(node.Metadata.Name, out var own);
            if (shouldRun || own is not null)
                surveyed.Add(new DaemonNode { Name = node.Metadata.Name, ShouldRun = shouldRun, MayStay = mayStay, Pods = own is null ? [] : DaemonNode.InOrder(own) });
        }

        // Whoever looks after nodes removes what ran on one that is gone; of what was never bound nobody else knows.
        // One that names no node may still get any.
        podsByNode.Remove("");
        draft.Delete(podsByNode.Values.SelectMany(lost => lost)
            .Where(pod => string.IsNullOrEmpty(pod.Spec?.NodeName) && !pod.IsDeleting).OrderBy(pod => pod.Key));
        return surveyed;
    }

    // The node removes a pod in the moment after its end, and until then the pod has the node's place: its successor would make two
    // unavailable where one may be. What a finalizer holds back may stay for ever, and must not keep the place.
    private static bool IsHeldAfterItsEnd(V1Pod pod) => pod.IsTerminal && pod.IsDeleting && pod.Metadata.Finalizers is { Count: > 0 };

    private static List<ObjectAction> Apply(V1DaemonSet set, string hash, DaemonDraft draft, out bool isMoreLeft)
    {
        var actions = new List<ObjectAction>(draft.Deletions.Take(BurstMax).Select(deletion => DaemonPods.Delete(deletion.Pod, deletion.Cause)));
        var created = 0;
        if (draft.Creations.Count > 0)
        {
            var pods = new DaemonPods(set, hash);
            created = Math.Min(draft.Creations.Count, Math.Clamp(PodFromTemplate.BurstBytesMax / Math.Max(1, pods.Bytes), 1, BurstMax));
            actions.AddRange(draft.Creations.Take(created).Select(creation => pods.Create(creation.Node, creation.Failures)));
        }

        isMoreLeft = draft.Deletions.Count > BurstMax || draft.Creations.Count > created;
        return actions;
    }

    private static IEnumerable<DeleteObject> Truncate(V1DaemonSet set, RevisionHistory history, IReadOnlyList<V1Pod> pods)
    {
        V1ControllerRevision[] old = [.. history.All.Where(revision => revision != history.Current)];
        if (old.Length == 0)
            return [];
        var live = pods.Select(RevisionHistory.RevisionOf).ToHashSet(StringComparer.Ordinal);
        return RevisionHistory.Truncate(old, set.Spec.RevisionHistoryLimit, revision => live.Contains(DaemonPods.HashOf(revision)));
    }
}
