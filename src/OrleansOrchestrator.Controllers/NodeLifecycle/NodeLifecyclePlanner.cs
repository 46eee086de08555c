using k8s.Models;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// Decides about all nodes of the cluster: which are silent, which taints they get, and which pods have to go. While no
/// node is both heard of and ready, nothing is evicted: there is nowhere to go, and the fault is more likely the observer's.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/{nodelifecycle,tainteviction,podgc}.</remarks>
public static class NodeLifecyclePlanner
{
    /// <summary>How soon to look again after writes, in case that the changes themselves do not lead to it.</summary>
    private static readonly TimeSpan FollowUpInterval = TimeSpan.FromSeconds(1);

    /// <summary>Decides. Pure: the same input gives the same plan, whatever the order of its lists.</summary>
    public static NodeLifecyclePlan Decide(NodeLifecycleInput input)
    {
        var isDisrupted = !input.Nodes.Any(observed =>
            !IsSilent(observed, input) && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "True");
        var draft = new Draft();
        foreach (var observed in input.Nodes.OrderBy(observed => observed.Node.Metadata.Name, StringComparer.Ordinal))
        {
            JudgeNode(observed, input, isDisrupted, draft);
            if (!isDisrupted)
                JudgePods(observed, input, draft);
        }

        if (!isDisrupted)
        {
            foreach (var missing in input.MissingNodes.OrderBy(missing => missing.Name, StringComparer.Ordinal))
                JudgePods(missing, input, draft);
        }

        return draft.Finish(input.Options.ActionsMax, FollowUpInterval, isDisrupted && input.Nodes.Count > 0);
    }

    private static bool IsSilent(ObservedNode observed, NodeLifecycleInput input) =>
        input.SeenUntil - observed.LastHeartbeat >= input.Options.LeaseDuration;

    private static void JudgeNode(ObservedNode observed, NodeLifecycleInput input, bool isDisrupted, Draft draft)
    {
        var node = observed.Node;
        var isSilent = IsSilent(observed, input);
        if (!isSilent)
            draft.LookAgainIn(observed.LastHeartbeat + input.Options.LeaseDuration - input.SeenUntil);

        // Conditions first; the taints that follow from them come with the next decision, on the node as it is then.
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
    }

    private static void JudgePods(ObservedNode observed, NodeLifecycleInput input, Draft draft)
    {
        var isSilent = IsSilent(observed, input);
        var isUnreachable = isSilent && NodeConditions.StatusOf(observed.Node, NodeConditions.Ready) == "Unknown";
        if (!isUnreachable && observed.Node.Spec?.Taints?.Any(taint => taint.Effect == TaintKeys.NoExecute) is not true)
            return;

        foreach (var pod in InOrder(input.PodsOn(observed.Node.Metadata.Name)))
        {
            var eviction = PodEviction.Of(pod, observed, input.Now, isSilent, input.Options);
            if (eviction is { } due && due.Deadline <= input.SeenUntil)
            {
                draft.Evict(pod, due);
                continue;
            }

            if (eviction is { } later)
                draft.LookAgainIn(later.Deadline - input.SeenUntil);
            if (isUnreachable && pod.IsReady)
                draft.MarkNotReady(pod, input.Now);
        }
    }

    /// <summary>
    /// The pods of a node that was deleted. Whoever deletes a node says that its machine is gone, so that tolerations do not
    /// count; but its daemon is still given the time to stop them, in good order if it lives and by fencing if it does not.
    /// </summary>
    private static void JudgePods(MissingNode missing, NodeLifecycleInput input, Draft draft)
    {
        var givenUpAt = missing.MissingSince + input.Options.MissingNodeGrace;
        if (givenUpAt > input.SeenUntil)
        {
            draft.LookAgainIn(givenUpAt - input.SeenUntil);
            return;
        }

        var fencedAt = missing.LastHeartbeat + input.Options.FencingTime + input.Options.StopTime;
        var isFenced = fencedAt <= input.SeenUntil;
        if (!isFenced)
            draft.LookAgainIn(fencedAt - input.SeenUntil);
        foreach (var pod in InOrder(input.PodsOn(missing.Name)).Where(pod => isFenced || !pod.IsDeleting))
            draft.Evict(pod, new PodEviction(givenUpAt, isFenced));
    }

    private static IEnumerable<V1Pod> InOrder(IEnumerable<V1Pod> pods) => pods.OrderBy(pod => pod.Key);

    /// <summary>A plan in the making.</summary>
    private sealed class Draft
    {
        private readonly List<(ObjectAction Action, NodeLifecycleEvent? Event)> _nodes = [];
        private readonly List<(ObjectAction Action, NodeLifecycleEvent? Event)> _readiness = [];
        private readonly List<(DateTimeOffset Deadline, ObjectKey Pod, ObjectAction Action, NodeLifecycleEvent Event)> _evictions = [];
        private TimeSpan? _requeueAfter;

        public void LookAgainIn(TimeSpan time)
        {
            if (_requeueAfter is null || time < _requeueAfter)
                _requeueAfter = time;
        }

        public void WriteNode(ObjectAction action, PlannedEvent? @event, V1Node node) =>
            _nodes.Add((action, @event is null ? null : new NodeLifecycleEvent(WellKnownResources.Nodes, node, @event)));

        public void MarkNotReady(V1Pod pod, DateTimeOffset now)
        {
            var marked = ObjectCodec.Clone(pod);
            var condition = marked.ReadyCondition!;
            condition.Status = "False";
            condition.Reason = "NodeNotReady";
            condition.Message = "Node is not ready";
            condition.LastTransitionTime = ObjectMetaRules.TruncateToSeconds(now);
            var told = new NodeLifecycleEvent(WellKnownResources.Pods, pod, new PlannedEvent("Warning", "NodeNotReady", "Node is not ready"));
            _readiness.Add((new UpdateStatus(WellKnownResources.Pods, marked), told));
        }

        public void Evict(V1Pod pod, PodEviction eviction)
        {
            var action = new DeleteObject(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid, eviction.IsForced ? 0 : null);
            var told = new PlannedEvent("Normal", "TaintManagerEviction", $"Marking for deletion Pod {pod.Key}");
            _evictions.Add((eviction.Deadline, pod.Key, action, new NodeLifecycleEvent(WellKnownResources.Pods, pod, told)));
        }

        public NodeLifecyclePlan Finish(int actionsMax, TimeSpan followUp, bool isDisrupted)
        {
            var evictions = _evictions
                .OrderBy(eviction => eviction.Deadline)
                .ThenBy(eviction => eviction.Pod)
                .Select(eviction => (eviction.Action, (NodeLifecycleEvent?)eviction.Event));
            var all = _nodes.Concat(_readiness).Concat(evictions).ToList();
            var planned = all.Take(actionsMax).ToList();
            if (all.Count > planned.Count)
                LookAgainIn(TimeSpan.Zero);
            else if (planned.Count > 0)
                LookAgainIn(followUp);

            return new NodeLifecyclePlan
            {
                Actions = [.. planned.Select(item => item.Item1)],
                Events = [.. planned.Select(item => item.Item2).OfType<NodeLifecycleEvent>()],
                RequeueAfter = _requeueAfter,
                IsDisrupted = isDisrupted,
            };
        }
    }
}
