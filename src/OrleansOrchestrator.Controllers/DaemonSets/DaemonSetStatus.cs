using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>The status of a DaemonSet as observed, before the writes of the plan.</summary>
/// <remarks>See updateDaemonSetStatus in k8s.io/kubernetes/pkg/controller/daemon.</remarks>
internal static class DaemonSetStatus
{
    /// <summary>Counts.</summary>
    public static V1DaemonSetStatus Of(V1DaemonSet set, IReadOnlyList<DaemonNode> nodes, DaemonPodTest test, DaemonDraft draft)
    {
        int desired = 0, current = 0, misscheduled = 0, updated = 0, ready = 0, available = 0;
        foreach (var node in nodes)
        {
            if (!node.ShouldRun)
            {
                misscheduled++;
                continue;
            }

            desired++;
            if (node.Pods is not [var pod, ..])
                continue;
            current++;
            if (test.IsUpdated(pod))
                updated++;
            if (!pod.IsReady)
                continue;
            ready++;
            if (test.IsAvailable(pod))
                available++;
        }

        foreach (var pod in nodes.SelectMany(node => node.Pods))
        {
            if (pod.AvailableFrom(test.MinReadySeconds) is { } from && from > test.Now)
                draft.LookAt(from);
        }

        return new V1DaemonSetStatus
        {
            DesiredNumberScheduled = desired,
            CurrentNumberScheduled = current,
            NumberMisscheduled = misscheduled,
            NumberReady = ready,
            UpdatedNumberScheduled = ObjectFacts.OmitZero(updated),
            NumberAvailable = ObjectFacts.OmitZero(available),
            NumberUnavailable = ObjectFacts.OmitZero(desired - available),
            ObservedGeneration = set.Metadata.Generation,
            CollisionCount = set.Status?.CollisionCount,
            Conditions = set.Status?.Conditions,
        };
    }
}
