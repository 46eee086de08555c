using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>The status of a DaemonSet as observed, before the writes of the plan.</summary>
/// <remarks>See updateDaemonSetStatus in k8s.io/kubernetes/pkg/controller/daemon.</remarks>
internal static class DaemonSetStatus
{
    /// <summary>What a node adds.</summary>
    public static DaemonCounts CountOf(DaemonNode node, DaemonPodTest test)
    {
        if (!node.ShouldRun)
            return new DaemonCounts { Misscheduled = 1 };
        if (node.Pods is not [var pod, ..])
            return new DaemonCounts { Desired = 1 };
        return new DaemonCounts
        {
            Desired = 1,
            Current = 1,
            Updated = test.IsUpdated(pod) ? 1 : 0,
            Ready = pod.IsReady ? 1 : 0,
            Available = pod.IsReady && test.IsAvailable(pod) ? 1 : 0,
        };
    }

    /// <summary>The status that the sums over all nodes give.</summary>
    public static V1DaemonSetStatus Of(V1DaemonSet set, DaemonCounts counts) => new()
    {
        DesiredNumberScheduled = counts.Desired,
        CurrentNumberScheduled = counts.Current,
        NumberMisscheduled = counts.Misscheduled,
        NumberReady = counts.Ready,
        UpdatedNumberScheduled = ObjectFacts.OmitZero(counts.Updated),
        NumberAvailable = ObjectFacts.OmitZero(counts.Available),
        NumberUnavailable = ObjectFacts.OmitZero(counts.Desired - counts.Available),
        ObservedGeneration = set.Metadata.Generation,
        CollisionCount = set.Status?.CollisionCount,
        Conditions = set.Status?.Conditions,
    };
}
