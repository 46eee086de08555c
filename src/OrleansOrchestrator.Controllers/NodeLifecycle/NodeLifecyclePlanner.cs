using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// Decides about all nodes of the cluster: which are silent, which taints they get, and which pods are evicted. While no node is
/// both heard of and ready, nothing is evicted: pods have nowhere to go, and the fault is more likely the observer's. The pods of a
/// silent node are evicted only if enough of its peers no longer extend its time (see <see cref="FencingView"/>), and if its daemon
/// uses the fencing times that are configured here.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/{nodelifecycle,tainteviction,podgc}.</remarks>
public static class NodeLifecyclePlanner
{
    /// <summary>Decides. Pure: the same input gives the same plan, in whatever order its lists are.</summary>
    public static NodeLifecyclePlan Decide(NodeLifecycleInput input)
    {
        var isDisrupted = !input.Nodes.Any(observed =>
            !IsSilent(observed, input) && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "True");
        var draft = new NodeLifecycleDraft(input.IsSetAside);
        var ring = FencingRing.Of(input);
        foreach (var observed in input.Nodes.OrderBy(observed => observed.Node.Metadata.Name, StringComparer.Ordinal))
        {
            JudgeNode(observed, input, ring, isDisrupted, draft);
            if (!isDisrupted)
                JudgePods(observed, input, draft);
        }

        if (!isDisrupted)
        {
            foreach (var missing in input.MissingNodes.OrderBy(missing => missing.Name, StringComparer.Ordinal))
                JudgePods(missing, input, draft);
        }

        return draft.Finish(input.Options.ActionsMax, isDisrupted && input.Nodes.Count > 0);
    }

    private static bool IsSilent(ObservedNode observed, NodeLifecycleInput input) =>
        input.SeenUntil - observed.LastHeartbeat >= input.Options.Times.LeaseDuration;

    private static void JudgeNode(ObservedNode observed, NodeLifecycleInput input, FencingRing ring, bool isDisrupted, NodeLifecycleDraft draft)
    {
        var node = observed.Node;
        var isSilent = IsSilent(observed, input);
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
        else if (NodeTaints.Retainted(node, mayEvict: !isDisrupted, input.Now) is { } retainted)
        {
            draft.WriteNode(new UpdateObject(WellKnownResources.Nodes, retainted), null, node);
        }
        else if (!isSilent && !isDisrupted && ring.Reviewed(observed) is { } reviewed)
        {
            draft.WriteNode(new UpdateObject(WellKnownResources.Nodes, reviewed), null, node);
        }
    }

    private static void JudgePods(ObservedNode observed, NodeLifecycleInput input, NodeLifecycleDraft draft)
    {
        var isSilent = IsSilent(observed, input);
        var isUnreachable = isSilent && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "Unknown";
        var isOutOfService = isUnreachable && IsFenced(observed.LastHeartbeat, input) && TaintEviction.OutOfService(observed.Node) is not null;
        if (!isUnreachable && observed.Node.Spec?.Taints?.Any(taint => taint.Effect == TaintEffects.NoExecute) is not true)
            return;

        var isOtherwiseFenced = !input.Options.Times.AreThoseOf(observed.Node);
        var mayForce = !isOtherwiseFenced && FencingView.Of(observed.Node).All(view => view.MayEvict(input.IsCounted));
        var isWithheld = false;
        foreach (var pod in InOrder(input.PodsOn(observed.Node.Metadata.Name)))
        {
            var eviction = TaintEviction.Of(pod, observed, input.Now, isSilent, input.Options);
            var isDue = eviction?.Deadline <= input.SeenUntil;
            if (isOutOfService && TaintEviction.IsLost(pod, observed.Node))
            {
                draft.Evict(pod, new TaintEviction(input.SeenUntil, IsForced: true));
                continue;
            }

            if (isDue && (mayForce || !eviction!.Value.IsForced))
            {
                draft.Evict(pod, eviction!.Value);
                continue;
            }

            isWithheld |= isDue;
            if (!isDue && eviction is { } later)
                draft.LookAgainIn(later.Deadline - input.SeenUntil);
            if (isUnreachable && pod.IsReady)
                draft.MarkNotReady(pod, input.Now);
        }

        if (isWithheld)
            draft.Withhold(observed.Node.Metadata.Name, isOtherwiseFenced);
    }

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
        foreach (var pod in InOrder(input.PodsOn(missing.Name)).Where(pod => isFenced || !pod.IsDeleting))
            draft.Evict(pod, new TaintEviction(givenUpAt, isFenced));
    }

    /// <summary>Whether a daemon that was last heard of at a time must have stopped its pods, unless its peers extended its time.</summary>
    private static bool IsFenced(DateTimeOffset lastHeartbeat, NodeLifecycleInput input) => FencedAt(lastHeartbeat, input) <= input.SeenUntil;

    private static DateTimeOffset FencedAt(DateTimeOffset lastHeartbeat, NodeLifecycleInput input) =>
        lastHeartbeat + input.Options.Times.LeaseDuration + input.Options.Times.DefaultToleration;

    private static IEnumerable<V1Pod> InOrder(IEnumerable<V1Pod> pods) => pods.OrderBy(pod => pod.Key);
}
