using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// Keeps one pod on each node that a DaemonSet means, whatever revision it is of, and none on the others. While an update
/// surges, a node may have two: an old one that serves, and a new one that does not yet.
/// </summary>
/// <remarks>See podsShouldBeOnNode in k8s.io/kubernetes/pkg/controller/daemon.</remarks>
internal sealed class DaemonUpkeep(DaemonPodTest test, bool surges, DaemonDraft draft)
{
    /// <summary>Decides about a node.</summary>
    public void Decide(DaemonNode node)
    {
        if (node is { ShouldRun: true, Pods.Count: 0 })
            draft.Creations.Add((node.Name, 0));
        else if (node.MayStay)
            KeepOne(node);
        else
            draft.Deletions.AddRange(node.Pods.Where(pod => !pod.IsDeleting));
    }

    private void KeepOne(DaemonNode node)
    {
        var running = new List<V1Pod>();
        foreach (var pod in node.Pods.Where(pod => !pod.IsDeleting))
        {
            switch (pod.Status?.Phase)
            {
                case PodPhase.Failed:
                    ReplaceFailed(node, pod);
                    break;
                case PodPhase.Succeeded:
                    draft.Deletions.Add(pod);
                    draft.Events.Add(new PlannedEvent("Normal", "SucceededDaemonPod", $"Found succeeded daemon pod {pod.Key} on node {node.Name}, will try to delete it"));
                    break;
                default:
                    running.Add(pod);
                    break;
            }
        }

        draft.Deletions.AddRange(surges ? SurplusOfSurge(running) : running.Where(pod => pod != BestOf(running)));
    }

    private void ReplaceFailed(DaemonNode node, V1Pod pod)
    {
        var from = FailedDaemonPods.ReplaceableFrom(pod, test.Hash, test.Now);
        if (from > test.Now)
        {
            draft.LookAt(from);
            return;
        }

        draft.Deletions.Add(pod);
        draft.Events.Add(new PlannedEvent("Warning", "FailedDaemonPod", $"Found failed daemon pod {pod.Key} on node {node.Name}, will try to kill it"));
        // It runs nothing any more, so that its successor need not wait for its end; and the count of failures is at hand only here.
        if (node is { ShouldRun: true, Pods.Count: 1 })
            draft.Creations.Add((node.Name, FailedDaemonPods.FailuresUpTo(pod, test.Hash, test.Now)));
    }

    private IEnumerable<V1Pod> SurplusOfSurge(List<V1Pod> running)
    {
        if (running.Count <= 1)
            return [];
        var updated = BestOf(running.Where(test.IsUpdated));
        var old = BestOf(running.Where(pod => !test.IsUpdated(pod)));
        // The old one is needed only as long as it serves and the new one does not.
        var keepsOld = updated is null || (old is { IsReady: true } && !test.IsAvailable(updated));
        return running.Where(pod => pod != updated && (pod != old || !keepsOld));
    }

    // Of several pods of one sort, as a template that changes during an update leaves them, the one that serves counts.
    private static V1Pod? BestOf(IEnumerable<V1Pod> pods) => pods.OrderByDescending(pod => pod.IsReady).FirstOrDefault();
}
