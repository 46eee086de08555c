using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>A plan while it is being made. Collects decisions node by node, and orders them by urgency.</summary>
/// <param name="isSetAside">Whether an object is left out of the plan.</param>
internal sealed class NodeLifecycleDraft(Func<ResourceName, ObjectKey, bool> isSetAside)
{
    /// <summary>How soon to look again after writes, in case their changes do not cause a new look.</summary>
    private static readonly TimeSpan FollowUpInterval = TimeSpan.FromSeconds(1);

    /// <summary>How soon to count votes again. Votes come with every lease renewal.</summary>
    private static readonly TimeSpan VoteInterval = TimeSpan.FromMilliseconds(250);

    private readonly List<(ObjectAction Action, NodeLifecycleEvent? Event)> _nodes = [];
    private readonly List<(ObjectAction Action, NodeLifecycleEvent? Event)> _readiness = [];
    private readonly List<(DateTimeOffset Deadline, ObjectKey Pod, ObjectAction Action, NodeLifecycleEvent Event)> _evictions = [];
    private readonly List<WithheldEviction> _withheld = [];
    private TimeSpan? _requeueAfter;

    public void LookAgainIn(TimeSpan time)
    {
        if (_requeueAfter is null || time < _requeueAfter)
            _requeueAfter = time;
    }

    public void Withhold(string node, WithholdingReason reason)
    {
        _withheld.Add(new WithheldEviction(node, reason));
        // What else an eviction may wait for changes with an object, or with the round that the host begins anyway.
        if (reason == WithholdingReason.Votes)
            LookAgainIn(VoteInterval);
    }

    public void WriteNode(ObjectAction action, PlannedEvent? @event, V1Node node) =>
        _nodes.Add((action, @event is null ? null : new NodeLifecycleEvent(WellKnownResources.Nodes, node, @event)));

    public void MarkNotReady(V1Pod pod, DateTimeOffset now)
    {
        var marked = ObjectCodec.Clone(pod);
        var condition = marked.Condition(PodConditionTypes.Ready)!;
        condition.Status = "False";
        condition.Reason = "NodeNotReady";
        condition.Message = "Node is not ready";
        condition.LastTransitionTime = ObjectMetaRules.TruncateToSeconds(now);
        var told = new NodeLifecycleEvent(WellKnownResources.Pods, pod, new PlannedEvent("Warning", "NodeNotReady", "Node is not ready"));
        _readiness.Add((new UpdateStatus(WellKnownResources.Pods, marked), told));
    }

    /// <summary>Deletes a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="eviction">When, whether without its node's consent, and why.</param>
    public void Evict(V1Pod pod, PodEviction eviction)
    {
        var action = new DeleteObject(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid, eviction.IsForced ? 0 : null)
        {
            // A daemon that comes back writes to the pod before it restarts it. The precondition lets only the first of the two writes succeed.
            ResourceVersion = eviction.IsForced ? pod.Metadata.ResourceVersion : null,
            Disruption = eviction.Why,
            FailsPod = eviction.IsForced,
        };
        var told = new PlannedEvent("Normal", "TaintManagerEviction", $"Marking for deletion Pod {pod.Key}");
        _evictions.Add((eviction.Deadline, pod.Key, action, new NodeLifecycleEvent(WellKnownResources.Pods, pod, told)));
    }

    public NodeLifecyclePlan Finish(int actionsMax, NodeZones zones, NodeLifecycleMemory memory)
    {
        if (zones.MoreIn is { } more)
            LookAgainIn(more);
        var evictions = _evictions
            .OrderBy(eviction => eviction.Deadline)
            .ThenBy(eviction => eviction.Pod)
            .Select(eviction => (eviction.Action, (NodeLifecycleEvent?)eviction.Event));
        var all = _nodes.Concat(_readiness).Concat(evictions).Where(item => !isSetAside(item.Item1.Resource, item.Item1.Key)).ToList();
        var planned = all.Take(actionsMax).ToList();
        if (all.Count > planned.Count)
            LookAgainIn(TimeSpan.Zero);
        else if (planned.Count > 0)
            LookAgainIn(FollowUpInterval);

        return new NodeLifecyclePlan
        {
            Actions = [.. planned.Select(item => item.Item1)],
            Events = [.. planned.Select(item => item.Item2).OfType<NodeLifecycleEvent>()],
            RequeueAfter = _requeueAfter,
            Withheld = _withheld,
            Cluster = zones.Cluster,
            Zones = zones.All,
            Memory = memory,
        };
    }
}
