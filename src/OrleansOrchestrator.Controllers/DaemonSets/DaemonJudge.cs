using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>Judges one node: what it counts for, which pods must go or come, and what a rollout has to do there.</summary>
internal sealed class DaemonJudge
{
    private readonly DaemonPlacement _placement;
    private readonly DaemonPodTest _test;
    private readonly bool _rolls;
    private readonly bool _surges;

    /// <summary>Prepares the judgement of a set's nodes.</summary>
    /// <param name="set">The set.</param>
    /// <param name="test">Tells about its pods.</param>
    public DaemonJudge(V1DaemonSet set, DaemonPodTest test)
    {
        _placement = new DaemonPlacement(set.Spec.Template.Spec);
        _test = test;
        _rolls = set.Spec.UpdateStrategy?.Type is null or "RollingUpdate";
        _surges = _rolls && DaemonRollout.Surges(set.Spec.UpdateStrategy?.RollingUpdate);
    }

    /// <summary>Judges.</summary>
    /// <param name="name">The node's name; empty for pods that name no node.</param>
    /// <param name="node">The node; null if there is none of that name.</param>
    /// <param name="pods">The set's pods there, in any order.</param>
    /// <returns>The verdict; null if the set has no business there.</returns>
    public DaemonVerdict? Judge(string name, V1Node? node, IReadOnlyList<V1Pod> pods)
    {
        var (shouldRun, mayStay) = node is null ? (false, false) : _placement.Judge(node);
        if (!shouldRun && pods.Count == 0)
            return null;
        var verdict = new DaemonVerdict(name) { Revisions = [.. pods.Select(RevisionHistory.RevisionOf).OfType<string>()] };
        var here = DaemonNode.InOrder(pods.Where(pod => !IsHeldAfterItsEnd(pod)));
        if (node is null)
            return verdict with { Deletions = OfLost(name, here) };
        if (!shouldRun && here.Count == 0)
            return verdict;
        var seen = new DaemonNode { Name = name, ShouldRun = shouldRun, MayStay = mayStay, Pods = here };
        var draft = new DaemonDraft();
        new DaemonUpkeep(_test, _surges, draft).Decide(seen);
        foreach (var pod in here)
        {
            if (pod.AvailableFrom(_test.MinReadySeconds) is { } from && from > _test.Now)
                draft.LookAt(from);
        }

        if (FailedDaemonPods.ForgottenAt(seen, _test) is { } forgotten && forgotten > _test.Now)
            draft.LookAt(forgotten);
        verdict = verdict with
        {
            Counts = DaemonSetStatus.CountOf(seen, _test),
            Deletions = draft.Deletions,
            Creation = draft.Creations is [var (_, failures)] ? failures : null,
        };
        if (_rolls)
            verdict = _surges ? DaemonRollout.SurgingOn(seen, _test, verdict, draft) : DaemonRollout.ReplacingOn(seen, _test, verdict);
        return verdict with { Due = draft.NextLook };
    }

    // Whoever looks after nodes removes what ran on one that is gone; of what was never bound nobody else knows.
    // One that names no node may still get any.
    private static IReadOnlyList<(V1Pod, PlannedEvent?)> OfLost(string name, IReadOnlyList<V1Pod> pods) => name.Length == 0
        ? []
        : [.. pods.Where(pod => string.IsNullOrEmpty(pod.Spec?.NodeName) && !pod.IsDeleting).OrderBy(pod => pod.Key).Select(pod => (pod, (PlannedEvent?)null))];

    // The node removes a pod in the moment after its end, and until then the pod has the node's place: its successor would make two
    // unavailable where one may be. What a finalizer holds back may stay for ever, and must not keep the place.
    private static bool IsHeldAfterItsEnd(V1Pod pod) => pod.IsTerminal && pod.IsDeleting && pod.Metadata.Finalizers is { Count: > 0 };
}
