using System.Collections.Immutable;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>Keeps one pod of a DaemonSet on every node that it selects, rolls out its template, and keeps its revisions and status.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/daemon.</remarks>
public sealed class DaemonSetReconciler : IReconciler
{
    /// <summary>The most pods that one plan creates, and the most that it deletes; the rest follows in the next one.</summary>
    public const int BurstMax = 250;

    private static readonly ObjectParts PodsOfNodes = new(WellKnownResources.Pods, pod => DaemonPods.NodeOf((V1Pod)pod) ?? "")
    {
        MayMatter = static pod => pod.ReadController() is not { } controller || controller.Kind == V1DaemonSet.KubeKind,
    };

    private static readonly SelectedByLabels Selected = new(WellKnownResources.Pods, set => SelectorOf((V1DaemonSet)set)) { OrphansOnly = true, Parts = PodsOfNodes };
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.Pods) { Parts = PodsOfNodes };
    private static readonly AllOfKind Nodes = new(WellKnownResources.Nodes) { Differ = (before, after) => DaemonPlacement.Differ((V1Node)before, (V1Node)after) };
    private static readonly RevisionRelations Revisions = new(set => RevisedOf((V1DaemonSet)set));

    /// <inheritdoc/>
    public string Name => "daemonset-controller";

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("daemon-set-controller");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.DaemonSets;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Controlled, Nodes, Selected, .. Revisions.All];

    /// <inheritdoc/>
    public bool DecidesByPart => true;

    /// <inheritdoc/>
    public TimeSpan BatchPeriod => TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1DaemonSet { IsDeleting: false } set || RevisedOf(set) is not { } revised)
            return Plan.Nothing;

        var history = RevisionHistory.Of(revised, RevisionHistory.PodLabel, Revisions.Observed(observation));
        var claims = ClaimedObjects<V1Pod>.Of(set, revised.Selector, WellKnownResources.Pods, observation.OfAny<V1Pod>(Selected, Controlled));
        var prior = observation.Summary as DaemonSurvey;
        // An adoption may still fail because another owner is faster, so other writes wait for it.
        if (!history.IsSettled || claims.Changes.Count > 0)
        {
            return history.Prepare(claims.Changes, BurstMax) with
            {
                Summary = history.IsSettled && prior is not null ? prior with { Open = prior.Open.Union(observation.Parts) } : null,
            };
        }

        var test = new DaemonPodTest(DaemonPods.HashOf(history.Current!), set.Spec.MinReadySeconds ?? 0, observation.Now);
        var basis = (set.Metadata.Uid, set.Metadata.Generation, test.Hash);
        // Another spec is another verdict about each node, for which all are observed.
        if (prior is not null && prior.Basis != basis)
            return new Plan { NeedsAllParts = true };

        var survey = (prior ?? new DaemonSurvey { Basis = basis }).With(Judge(set, test, claims.Objects, observation));
        var draft = new DaemonDraft();
        foreach (var verdict in survey.InUpkeep)
            draft.Add(verdict);
        if (draft.IsEmpty && set.Spec.UpdateStrategy?.Type is null or "RollingUpdate")
            DaemonRollout.Decide(set.Spec.UpdateStrategy?.RollingUpdate, survey, draft);

        var (writes, touched, isMoreLeft) = Apply(set, test.Hash, draft);
        ObjectAction[] actions =
        [
            .. writes,
            .. Truncate(set, history, survey),
            .. PatchObject.OfChangedStatus(Primary, set, changed => changed.Status = DaemonSetStatus.Of(set, survey.Counts)),
        ];
        return new Plan
        {
            Actions = actions,
            RequeueAfter = isMoreLeft ? TimeSpan.Zero : survey.NextLook - observation.Now,
            Summary = survey with { Open = touched },
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

    /// <summary>Judges the observed nodes, and those that pods are on or meant for.</summary>
    private static IEnumerable<(string Name, DaemonVerdict? Verdict)> Judge(V1DaemonSet set, DaemonPodTest test, IReadOnlyList<V1Pod> pods, Observation observation)
    {
        var judge = new DaemonJudge(set, test);
        var podsByNode = pods.ToLookup(pod => DaemonPods.NodeOf(pod) ?? "", StringComparer.Ordinal);
        var nodes = observation.Of<V1Node>(Nodes).ToDictionary(node => node.Metadata.Name, StringComparer.Ordinal);
        var names = nodes.Keys.Concat(podsByNode.Select(group => group.Key)).Concat(observation.Parts).Distinct(StringComparer.Ordinal);
        return names.Select(name => (name, judge.Judge(name, nodes.GetValueOrDefault(name), [.. podsByNode[name]])));
    }

    private static (List<ObjectAction> Writes, ImmutableHashSet<string> Nodes, bool IsMoreLeft) Apply(V1DaemonSet set, string hash, DaemonDraft draft)
    {
        var nodes = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        var writes = new List<ObjectAction>();
        foreach (var (pod, cause) in draft.Deletions.Take(BurstMax))
        {
            writes.Add(DaemonPods.Delete(pod, cause));
            nodes.Add(DaemonPods.NodeOf(pod) ?? "");
        }

        var created = 0;
        if (draft.Creations.Count > 0)
        {
            var pods = new DaemonPods(set, hash);
            created = Math.Min(draft.Creations.Count, Math.Clamp(PodFromTemplate.BurstBytesMax / Math.Max(1, pods.Bytes), 1, BurstMax));
            foreach (var (node, failures) in draft.Creations.Take(created))
            {
                writes.Add(pods.Create(node, failures));
                nodes.Add(node);
            }
        }

        return (writes, nodes.ToImmutable(), draft.Deletions.Count > BurstMax || draft.Creations.Count > created);
    }

    private static IEnumerable<DeleteObject> Truncate(V1DaemonSet set, RevisionHistory history, DaemonSurvey survey)
    {
        V1ControllerRevision[] old = [.. history.All.Where(revision => revision != history.Current)];
        return old.Length == 0 ? [] : RevisionHistory.Truncate(old, set.Spec.RevisionHistoryLimit, revision => survey.HasPodsOf(DaemonPods.HashOf(revision)));
    }
}
