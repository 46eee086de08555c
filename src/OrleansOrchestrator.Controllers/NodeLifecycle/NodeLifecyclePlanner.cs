using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// Decides about all nodes of the cluster: which are silent, which taints they get, and which pods are evicted. While most nodes of
/// the cluster or of a zone are lost, none of their pods is evicted for that: the fault is more likely common, and may be the
/// observer's (see <see cref="NodeZones"/>). Taints of others count at any time, as for Kubernetes' taint manager. The pods of a silent node are evicted only if enough of its peers no longer extend its time (see
/// <see cref="FencingView"/>), and if its daemon uses the fencing times that are configured here.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/{nodelifecycle,tainteviction,podgc}.</remarks>
public static class NodeLifecyclePlanner
{
    /// <summary>Decides. Pure: the same input gives the same plan, in whatever order its lists are.</summary>
    public static NodeLifecyclePlan Decide(NodeLifecycleInput input)
    {
        var zones = NodeZones.Of(input);
        var isAnyHeardOf = input.Nodes.Any(observed => NodeZones.IsHealthy(observed, input));
        var draft = new NodeLifecycleDraft(input.IsSetAside);
        var ring = FencingRing.Of(input);
        foreach (var observed in input.Nodes.OrderBy(observed => observed.Node.Metadata.Name, StringComparer.Ordinal))
        {
            JudgeNode(observed, input, isAnyHeardOf ? ring : null, zones, draft);
            if (isAnyHeardOf)
                JudgePods(observed, input, zones, draft);
            else if (observed.Node.Spec?.Taints?.Any(NodeTaints.IsOfOthers) is true)
                JudgePodsByOthersTaints(observed.Node, input, draft);
        }

        if (isAnyHeardOf)
        {
            foreach (var missing in input.MissingNodes.OrderBy(missing => missing.Name, StringComparer.Ordinal))
                JudgePods(missing, input, draft);
        }

        return draft.Finish(input.Options.ActionsMax, zones);
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

    private static void JudgePods(ObservedNode observed, NodeLifecycleInput input, NodeZones zones, NodeLifecycleDraft draft)
    {
        var isSilent = input.IsSilent(observed);
        var isUnreachable = isSilent && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "Unknown";
        var isOutOfService = isUnreachable && IsFenced(observed.LastHeartbeat, input) && TaintEviction.OutOfService(observed.Node) is not null;
        if (!isUnreachable && observed.Node.Spec?.Taints?.Any(taint => taint.Effect == TaintEffects.NoExecute) is not true)
            return;

        var isSpared = zones.Paused.Contains(observed.Node.Metadata.Name) && !NodeZones.IsHealthy(observed, input);
        var isOtherwiseFenced = !input.Options.Times.AreThoseOf(observed.Node);
        var mayForce = !isOtherwiseFenced && FencingView.Of(observed.Node).All(view => view.MayEvict(input.IsCounted));
        var isOverdue = isSpared && isUnreachable && IsFenced(observed.LastHeartbeat, input);
        var isWithheld = false;
        foreach (var pod in InOrder(input.PodsOn(observed.Node.Metadata.Name)))
        {
            var wanted = TaintEviction.Of(pod, observed, input.Now, isSilent, input.Options);
            if (isOutOfService && TaintEviction.IsLost(pod, observed.Node))
            {
                draft.Evict(pod, new TaintEviction(input.SeenUntil, IsForced: true), ReasonOf(pod));
                continue;
            }

            var isWanted = IsDue(wanted, input, draft);
            var isAllowed = !isSpared && (mayForce || wanted is not { IsForced: true });
            var eviction = isAllowed ? wanted : TaintEviction.OfOthers(pod, observed.Node, input.Now);
            if (isAllowed ? isWanted : IsDue(eviction, input, draft))
            {
                draft.Evict(pod, eviction!.Value, ReasonOf(pod));
                continue;
            }

            isWithheld |= isWanted || (isOverdue && !pod.IsTerminal);
            if (isUnreachable && pod.IsReady)
                draft.MarkNotReady(pod, input.Now);
        }

        if (isWithheld)
            draft.Withhold(observed.Node.Metadata.Name, isSpared ? WithholdingReason.Disruption : isOtherwiseFenced ? WithholdingReason.FencingTimes : WithholdingReason.Votes);
    }

    /// <summary>While no ready node is heard of, nothing is concluded from that. What others want of a node is still done.</summary>
    private static void JudgePodsByOthersTaints(V1Node node, NodeLifecycleInput input, NodeLifecycleDraft draft)
    {
        foreach (var pod in InOrder(input.PodsOn(node.Metadata.Name)))
        {
            var eviction = TaintEviction.OfOthers(pod, node, input.Now);
            if (IsDue(eviction, input, draft))
                draft.Evict(pod, eviction!.Value, ReasonOf(pod));
        }
    }

    /// <summary>Whether an eviction's time has come; if it is still to come, the plan says when to look again.</summary>
    private static bool IsDue(TaintEviction? eviction, NodeLifecycleInput input, NodeLifecycleDraft draft)
    {
        if (eviction is not { } planned || planned.Deadline <= input.SeenUntil)
            return eviction is not null;
        draft.LookAgainIn(planned.Deadline - input.SeenUntil);
        return false;
    }

    /// <summary>Why a pod of a tainted node goes; null if it is being deleted for another reason.</summary>
    private static PodDisruption? ReasonOf(V1Pod pod) => pod.IsDeleting ? null : PodDisruption.Taint;

    /// <summary>
    /// Evicts the pods of a node that was deleted. Its deletion says that the machine is gone, so tolerations do not count. But its
    /// daemon still gets the time to stop the pods: gracefully if it lives, and by fencing if it does not.
    /// </summary>
    private static void JudgePods(MissingNode missing, NodeLifecycleInput input, NodeLifecycleDraft draft)
    {
        var givenUpAt = missing.MissingSince + input.Options.MissingNodeGrace;
        if (givenUpAt > input.SeenUntil)
        {
            draft.LookAgainIn(givenUpAt - input.SeenUntil);
            return;
        }

        var isFenced = IsFenced(missing.LastHeartbeat, input);
        if (!isFenced)
            draft.LookAgainIn(FencedAt(missing.LastHeartbeat, input) - input.SeenUntil);
        foreach (var pod in InOrder(input.PodsOn(missing.Name)).Where(pod => !pod.IsDeleting || (isFenced && !TaintEviction.IsForcedOut(pod))))
            draft.Evict(pod, new TaintEviction(givenUpAt, isFenced), PodDisruption.NodeGone);
    }

    /// <summary>Whether a daemon that was last heard of at a time must have stopped its pods, unless its peers extended its time.</summary>
    private static bool IsFenced(DateTimeOffset lastHeartbeat, NodeLifecycleInput input) => FencedAt(lastHeartbeat, input) <= input.SeenUntil;

    private static DateTimeOffset FencedAt(DateTimeOffset lastHeartbeat, NodeLifecycleInput input) =>
        lastHeartbeat + input.Options.Times.LeaseDuration + input.Options.Times.DefaultToleration;

    private static IEnumerable<V1Pod> InOrder(IEnumerable<V1Pod> pods) => pods.OrderBy(pod => pod.Key);
}
