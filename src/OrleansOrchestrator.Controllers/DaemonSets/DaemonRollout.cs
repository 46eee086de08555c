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
internal sealed class DaemonRollout(DaemonPodTest test, DaemonDraft draft)
{
    /// <summary>Decides.</summary>
    /// <param name="strategy">How the set is updated.</param>
    /// <param name="nodes">The nodes, in order.</param>
    public void Decide(V1RollingUpdateDaemonSet? strategy, IReadOnlyList<DaemonNode> nodes)
    {
        var desired = nodes.Count(node => node.ShouldRun);
        var surge = IntOrPercent.Resolve(strategy?.MaxSurge, desired, roundUp: true) ?? 0;
        var unavailable = IntOrPercent.Resolve(strategy?.MaxUnavailable, desired, roundUp: true) ?? 1;
        if (surge > 0)
            AddThenDelete(nodes, desired, surge);
        else
            DeleteThenAdd(nodes, Math.Max(unavailable, 1));
    }

    private void DeleteThenAdd(IReadOnlyList<DaemonNode> nodes, int unavailableMax)
    {
        var unavailable = 0;
        var candidates = new List<V1Pod>();
        foreach (var node in nodes.Where(node => node.ShouldRun || node.Pods.Count > 0))
        {
            var (updated, old, isClear) = test.Split(node);
            var only = updated ?? old;
            if (!isClear || only is null || (updated is not null && old is not null) || !test.IsAvailable(only))
                unavailable++;
            else if (only == old)
                candidates.Add(old);
            if (isClear && updated is null && old is not null && !test.IsAvailable(old))
                draft.Delete(old);
        }

        draft.Delete(candidates.Take(Math.Max(0, unavailableMax - unavailable)));
    }

    private void AddThenDelete(IReadOnlyList<DaemonNode> nodes, int desired, int surgeMax)
    {
        var (surging, available) = (0, 0);
        var candidates = new List<(string Node, int Failures)>();
        var leaving = new List<V1Pod>();
        foreach (var node in nodes)
        {
            var (updated, old, isClear) = test.Split(node);
            if (!isClear)
            {
                surging++;
                continue;
            }

            var isOldAvailable = old is not null && test.IsAvailable(old);
            if (isOldAvailable || (old is null && updated is not null && test.IsAvailable(updated)))
                available++;
            var (failures, from) = FailedDaemonPods.On(node, test);
            switch (old, updated)
            {
                case (null, _):
                    break;
                case (_, null) when node.ShouldRun && from > test.Now:
                    draft.LookAt(from);
                    surging++;
                    break;
                case (_, null) when node.ShouldRun && isOldAvailable:
                    candidates.Add((node.Name, failures));
                    break;
                case (_, null) when node.ShouldRun:
                    draft.Creations.Add((node.Name, failures));
                    break;
                case (_, null) when isOldAvailable:
                    leaving.Add(old);
                    break;
                case (_, not null) when !test.IsAvailable(updated):
                    surging++;
                    break;
                default:
                    draft.Delete(old);
                    break;
            }
        }

        // A pod on a node that the set has left goes when another one serves in its place.
        draft.Delete(leaving.Take(Math.Max(0, available - desired)));
        // Where a new pod has failed the next one takes its place: a template that does not work goes to no other node.
        draft.Creations.AddRange(candidates.OrderByDescending(candidate => candidate.Failures > 0).Take(Math.Max(0, surgeMax - surging)));
    }
}
