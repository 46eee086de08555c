using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// Replaces the pods of older revisions. Without a surge the old pod goes first, and up to maxUnavailable nodes have no available
/// pod. With a surge the new pod comes first, on up to maxSurge nodes at once, and the old pod is deleted once the new one is
/// available.
/// </summary>
/// <remarks>
/// See rollingUpdate in k8s.io/kubernetes/pkg/controller/daemon. An old pod that is not available is replaced at once, but it
/// counts as unavailable: it leaves less room to replace available pods.
/// </remarks>
internal static class DaemonRollout
{
    /// <summary>Whether new pods come before the old ones go.</summary>
    public static bool Surges(V1RollingUpdateDaemonSet? strategy) => IntOrPercent.Resolve(strategy?.MaxSurge, 100, roundUp: true) > 0;

    /// <summary>Decides about all nodes, from the verdicts about each.</summary>
    public static void Decide(V1RollingUpdateDaemonSet? strategy, DaemonSurvey survey, DaemonDraft draft)
    {
        var desired = survey.Counts.Desired;
        draft.Delete(survey.At(DaemonStep.Delete).Select(OldOf));
        if (!Surges(strategy))
        {
            var unavailableMax = Math.Max(IntOrPercent.Resolve(strategy?.MaxUnavailable, desired, roundUp: true) ?? 1, 1);
            draft.Delete(survey.At(DaemonStep.Replace).Take(Math.Max(0, unavailableMax - survey.Counts.Unavailable)).Select(OldOf));
            return;
        }

        var surgeMax = IntOrPercent.Resolve(strategy?.MaxSurge, desired, roundUp: true) ?? 0;
        // A pod on a node that the set has left goes when another one serves in its place.
        draft.Delete(survey.At(DaemonStep.Leave).Take(Math.Max(0, survey.Counts.Serving - desired)).Select(OldOf));
        draft.Creations.AddRange(survey.At(DaemonStep.Create)
            .Concat(survey.At(DaemonStep.ReplaceAgain).Concat(survey.At(DaemonStep.Replace)).Take(Math.Max(0, surgeMax - survey.Counts.Surging)))
            .Select(verdict => (verdict.Name, verdict.Failures)));
    }

    /// <summary>The part of a node in a rollout without surge.</summary>
    public static DaemonVerdict ReplacingOn(DaemonNode node, DaemonPodTest test, DaemonVerdict verdict)
    {
        var (updated, old, isClear) = test.Split(node);
        var only = updated ?? old;
        if (isClear && only is not null && (updated is null || old is null) && test.IsAvailable(only))
            return only == old ? verdict with { Old = old, Step = DaemonStep.Replace } : verdict;
        var replaces = isClear && updated is null && old is not null && !test.IsAvailable(old);
        return verdict with
        {
            Counts = verdict.Counts with { Unavailable = 1 },
            Old = old,
            Step = replaces ? DaemonStep.Delete : DaemonStep.None,
        };
    }

    /// <summary>The part of a node in a rollout with surge.</summary>
    public static DaemonVerdict SurgingOn(DaemonNode node, DaemonPodTest test, DaemonVerdict verdict, DaemonDraft draft)
    {
        var (updated, old, isClear) = test.Split(node);
        if (!isClear)
            return verdict with { Counts = verdict.Counts with { Surging = 1 } };
        var isOldAvailable = old is not null && test.IsAvailable(old);
        var serves = isOldAvailable || (old is null && updated is not null && test.IsAvailable(updated));
        verdict = verdict with { Old = old, Counts = verdict.Counts with { Serving = serves ? 1 : 0 } };
        switch (old, updated)
        {
            case (null, _):
                return verdict;
            case (_, null) when node.ShouldRun:
                var (failures, from) = FailedDaemonPods.On(node, test);
                if (from > test.Now)
                {
                    draft.LookAt(from);
                    return verdict with { Counts = verdict.Counts with { Surging = 1 } };
                }

                var step = !isOldAvailable ? DaemonStep.Create : failures > 0 ? DaemonStep.ReplaceAgain : DaemonStep.Replace;
                return verdict with { Step = step, Failures = failures };
            case (_, null) when isOldAvailable:
                return verdict with { Step = DaemonStep.Leave };
            case (_, not null) when !test.IsAvailable(updated):
                return verdict with { Counts = verdict.Counts with { Surging = 1 } };
            default:
                return verdict with { Step = DaemonStep.Delete };
        }
    }

    private static V1Pod OldOf(DaemonVerdict verdict) => verdict.Old!;
}
