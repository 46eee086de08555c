using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// Keeps one pod of any revision on each node that a DaemonSet selects, and none on the others. During an update with surge a node
/// may have two: an old pod that is ready, and a new one that is not available yet.
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
            draft.Delete(node.Pods.Where(pod => !pod.IsDeleting));
    }

    private void KeepOne(DaemonNode node)
    {
        var running = node.Pods.Where(pod => pod.IsActive).ToList();
        foreach (var pod in node.Pods.Where(pod => pod.Status?.Phase == PodPhase.Succeeded && !pod.IsDeleting))
            draft.Deletions.Add((pod, new PlannedEvent("Normal", "SucceededDaemonPod", $"Found succeeded daemon pod {pod.Key} on node {node.Name}, will try to delete it")));
        ReplaceFailed(node, running);
        draft.Delete(surges ? SurplusOfSurge(running) : running.Where(pod => pod != BestOf(running)));
    }

    private void ReplaceFailed(DaemonNode node, List<V1Pod> running)
    {
        var isReplaced = !node.ShouldRun || (surges ? running.Exists(test.IsUpdated) : running.Count > 0);
        var last = isReplaced ? null : FailedDaemonPods.LastOn(node, test);
        foreach (var pod in node.Pods.Where(pod => FailedDaemonPods.IsFailed(pod) && pod != last))
            draft.Deletions.Add((pod, new PlannedEvent("Warning", "FailedDaemonPod", $"Found failed daemon pod {pod.Key} on node {node.Name}, will try to kill it")));
        // Beside one that runs the next one surges, which is for the rollout to decide, and what ends has to end first.
        if (last is null || !node.Pods.All(FailedDaemonPods.IsFailed))
            return;
        var (failures, from) = FailedDaemonPods.On(node, test);
        if (from > test.Now)
            draft.LookAt(from);
        else
            draft.Creations.Add((node.Name, failures));
    }

    private IEnumerable<V1Pod> SurplusOfSurge(List<V1Pod> running)
    {
        if (running.Count <= 1)
            return [];
        var updated = BestOf(running.Where(test.IsUpdated));
        var old = BestOf(running.Where(pod => !test.IsUpdated(pod)));
        // The old pod stays if there is no new one, or if it is ready and the new one is not available yet.
        var keepsOld = updated is null || (old is { IsReady: true } && !test.IsAvailable(updated));
        return running.Where(pod => pod != updated && (pod != old || !keepsOld));
    }

    // A template that changes during an update may leave several old pods on a node. The ready one is preferred.
    private static V1Pod? BestOf(IEnumerable<V1Pod> pods) => pods.OrderByDescending(pod => pod.IsReady).FirstOrDefault();
}
