using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// How preemption asks what would be if other pods left a node: it takes them off the cache, says so, asks, and puts them back. What plugins have
/// counted for the attempt follows each step, so that a question costs one node and not all of them.
/// </summary>
/// <param name="WhyNot">Why a pod does not fit the node at a row, by all filters of the profile and with the pods nominated to the
/// node; null if it fits.</param>
/// <param name="Note">Says that a pod was put on its node (+1), or is about to be taken off it (-1).</param>
internal sealed record Trial(Func<PodInfo, int, Rejection?> WhyNot, Action<AssignedPod, int> Note)
{
    /// <summary>For plugins that are made only to check their arguments.</summary>
    public static readonly Trial None = new(static (_, _) => null, static (_, _) => { });
}
