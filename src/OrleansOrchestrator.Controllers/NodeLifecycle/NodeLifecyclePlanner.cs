using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// Decides about all nodes of the cluster: which are silent, which taints they get, and which pods are evicted
/// (<see cref="EvictionPolicy"/>). While most nodes of the cluster or of a zone are lost, none of their pods is evicted for that: the
/// fault is more likely common, and may be the observer's (see <see cref="NodeZones"/>). Taints of others count at any time, as for
/// Kubernetes' taint manager. The pods of a silent node are removed only if enough of its peers no longer extend its time (see
/// <see cref="Model.Fencing.FencingView"/>), and if its daemon uses the fencing times that are configured here.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/{nodelifecycle,tainteviction,podgc}.</remarks>
public static class NodeLifecyclePlanner
{
    /// <summary>Decides. Pure: the same input gives the same plan, in whatever order its lists are.</summary>
    public static NodeLifecyclePlan Decide(NodeLifecycleInput input)
    {
        var zones = NodeZones.Of(input);
        var memory = input.Memory.Next(input, zones);
        var draft = new NodeLifecycleDraft(input.IsSetAside);
        var ring = FencingRing.Of(input);
        foreach (var observed in input.Nodes.OrderBy(observed => observed.Node.Metadata.Name, StringComparer.Ordinal))
        {
            JudgeNode(observed, input, zones.IsAnyHeardOf ? ring : null, zones, draft);
            JudgePods(NodeEvictionPolicy.Of(observed, input, zones, memory.Of(observed.Node.Metadata.Name)), input, draft);
        }

        if (zones.IsAnyHeardOf)
        {
            foreach (var missing in input.MissingNodes.OrderBy(missing => missing.Name, StringComparer.Ordinal))
                JudgePods(new MissingNodePolicy(missing, input, memory.Of(missing.Name).Eviction), input, draft);
        }

        return draft.Finish(input.Options.ActionsMax, zones, memory);
    }

    private static void JudgeNode(ObservedNode observed, NodeLifecycleInput input, FencingRing? ring, NodeZones zones, NodeLifecycleDraft draft)
    {
        var node = observed.Node;
        var isSilent = input.IsSilent(observed);
        if (!isSilent)
            draft.LookAgainIn(observed.LastHeartbeat + input.Options.Times.LeaseDuration - input.SeenUntil);

        // Conditions come first. The next decision adds the taints that follow from them, to the node as it is then.
        if (isSilent && NodeConditions.Silenced(node, input.Now) is { } silenced)
        {
            var wasReady = NodeConditions.StatusOf(node, NodeConditions.Ready) == "True";
            draft.WriteNode(
                new UpdateStatus(WellKnownResources.Nodes, silenced),
                wasReady ? new PlannedEvent("Normal", "NodeNotReady", $"Node {node.Metadata.Name} status is now: NodeNotReady") : null,
                node);
        }
        else if (NodeTaints.Retainted(node, mayEvict: zones.IsAdmitted(node), input.Now) is { } retainted)
        {
            draft.WriteNode(new UpdateObject(WellKnownResources.Nodes, retainted), null, node);
        }
        else if (!isSilent && ring?.Reviewed(observed) is { } reviewed)
        {
            draft.WriteNode(new UpdateObject(WellKnownResources.Nodes, reviewed), null, node);
        }
    }

    private static void JudgePods(EvictionPolicy policy, NodeLifecycleInput input, NodeLifecycleDraft draft)
    {
        if (!policy.Concerns)
            return;
        var isWithheld = false;
        foreach (var pod in input.PodsOn(policy.Node).OrderBy(pod => pod.Key))
        {
            if (policy.Of(pod) is { } eviction && IsTime(eviction.Deadline))
            {
                draft.Evict(pod, eviction);
                continue;
            }

            isWithheld |= policy.Withheld is not null && policy.OfAll(pod) is { } wanted && IsTime(wanted.Deadline);
            if (pod.IsReady && policy.UnreadyAt is { } time && IsTime(time))
                draft.MarkNotReady(pod, input.Now);
        }

        if (isWithheld)
            draft.Withhold(policy.Node, policy.Withheld!.Value);

        // If the time is still to come, the plan says when to look again.
        bool IsTime(DateTimeOffset deadline)
        {
            if (deadline <= input.SeenUntil)
                return true;
            draft.LookAgainIn(deadline - input.SeenUntil);
            return false;
        }
    }
}
