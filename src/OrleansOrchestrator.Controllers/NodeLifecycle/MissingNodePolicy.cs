using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// Evicts the pods of a node that was deleted. Its deletion says that the machine is gone, so tolerations do not count. But its
/// daemon still gets the time to stop the pods: gracefully if it lives, and by fencing if it does not.
/// </summary>
internal sealed class MissingNodePolicy(MissingNode missing, NodeLifecycleInput input, Patience patience) : EvictionPolicy
{
    private readonly DateTimeOffset _givenUpAt = patience.Deadline(missing.MissingSince, input.Options.MissingNodeGrace);
    private readonly DateTimeOffset _fencedAt = patience.Deadline(missing.LastHeartbeat, input.Options.Times.FencedAfter);

    public override string Node => missing.Name;

    public override PodEviction? Of(V1Pod pod)
    {
        if (IsForcedOut(pod))
            return null;
        var forcedAt = _fencedAt > _givenUpAt ? _fencedAt : _givenUpAt;
        return pod.IsDeleting || forcedAt <= input.SeenUntil
            ? new PodEviction(forcedAt, IsForced: true, PodDisruption.NodeGone)
            : new PodEviction(_givenUpAt, IsForced: false, PodDisruption.NodeGone);
    }
}
