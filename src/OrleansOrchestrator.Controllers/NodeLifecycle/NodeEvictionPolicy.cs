using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>Evicts the pods of a node by its taints, as far as what is known of the node and of the cluster allows.</summary>
/// <remarks>
/// Invariant I7: a forced eviction follows a silence in which the node's daemon has surely stopped the pod, unless peers
/// extended its time. One observer measures the silence by its own clock, and the silence covers the pod's toleration. The
/// timeAdded of the taint is not used: the clock of the observer that wrote it may have been wrong.
/// </remarks>
internal sealed class NodeEvictionPolicy : EvictionPolicy
{
    private readonly NodeLifecycleInput _input;
    private readonly V1Node _node;
    private readonly DateTimeOffset _lastHeartbeat;
    private readonly NodeMemory _memory;
    private readonly List<V1Taint> _taints;
    private readonly bool _isReady;
    private readonly bool _isUnreachable;
    private readonly bool _isAnyHeardOf;
    private readonly Scope _scope;
    private readonly WithholdingReason? _withheld;

    private NodeEvictionPolicy(ObservedNode observed, NodeLifecycleInput input, NodeZones zones, NodeMemory memory)
    {
        (_input, _node, _lastHeartbeat, _memory) = (input, observed.Node, observed.LastHeartbeat, memory);
        _taints = [.. (_node.Spec?.Taints ?? []).Where(taint => taint.Effect == TaintEffects.NoExecute)];
        var isSilent = input.IsSilent(observed);
        var ready = NodeConditions.StatusOf(_node, NodeConditions.Ready);
        (_isReady, _isUnreachable) = (ready == "True", isSilent && ready == "Unknown");
        _isAnyHeardOf = zones.IsAnyHeardOf;
        (_scope, _withheld) = ScopeOf(observed, isSilent, input, zones);
    }

    /// <summary>How far evictions go. Each step includes those before it.</summary>
    private enum Scope
    {
        /// <summary>Pods are asked to go for taints that others than this controller set. That is safe whatever is known of the node.</summary>
        OthersTaints,

        /// <summary>Pods are asked to go for all taints.</summary>
        Graceful,

        /// <summary>Pods of an unreachable node are removed.</summary>
        Forced,
    }

    public override string Node => _node.Metadata.Name;

    public override bool Concerns => (_isAnyHeardOf && _isUnreachable) || _taints.Exists(taint => _isAnyHeardOf || NodeTaints.IsOfOthers(taint));

    public override WithholdingReason? Withheld => _withheld;

    public override DateTimeOffset? UnreadyAt => _isAnyHeardOf && _isUnreachable ? _memory.Readiness.Deadline(_lastHeartbeat, _input.Options.Times.LeaseDuration) : null;

    public static NodeEvictionPolicy Of(ObservedNode observed, NodeLifecycleInput input, NodeZones zones, NodeMemory memory) => new(observed, input, zones, memory);

    public override PodEviction? Of(V1Pod pod)
    {
        if (IsLostWithItsMachine(pod))
            return new PodEviction(_input.SeenUntil, IsForced: true, WhyOf(pod));
        var isTainted = _taints.Exists(taint => taint.Key == TaintKeys.Unreachable);
        return Earlier(_scope == Scope.Forced && isTainted ? Forced(pod) : null, Graceful(pod, _scope));
    }

    public override PodEviction? OfAll(V1Pod pod) => Earlier(_isUnreachable ? Forced(pod) : null, Graceful(pod, Scope.Graceful));

    private static (Scope Scope, WithholdingReason? Withheld) ScopeOf(ObservedNode observed, bool isSilent, NodeLifecycleInput input, NodeZones zones)
    {
        if (!zones.IsAnyHeardOf)
            return (Scope.OthersTaints, null);
        if (zones.IsSpared(observed))
            return (Scope.OthersTaints, WithholdingReason.Disruption);
        if (!isSilent)
            return (Scope.Graceful, null);
        if (!input.Options.Times.AreThoseOf(observed.Node))
            return (Scope.Graceful, WithholdingReason.FencingTimes);
        return FencingView.Of(observed.Node).All(view => view.MayEvict(input.IsCounted)) ? (Scope.Forced, null) : (Scope.Graceful, WithholdingReason.Votes);
    }

    /// <summary>
    /// Whether a pod is lost with a machine of which an operator says by a taint that it is shut down: the daemon must have stopped the
    /// pod, and the pod is being deleted already or does not tolerate the taint. Tolerations of unreachable nodes and votes of peers do
    /// not matter, nor how many nodes are lost.
    /// </summary>
    private bool IsLostWithItsMachine(V1Pod pod)
    {
        if (!_isAnyHeardOf || !_isUnreachable || _lastHeartbeat + _input.Options.Times.FencedAfter > _input.SeenUntil)
            return false;
        if (_node.Spec?.Taints?.FirstOrDefault(taint => taint.Key == TaintKeys.OutOfService && taint.Effect is TaintEffects.NoExecute or TaintEffects.NoSchedule) is not { } taint)
            return false;
        return pod.IsDeleting ? !IsForcedOut(pod) : !pod.IsTerminal && pod.Spec.Tolerations?.Any(toleration => Tolerations.Tolerates(toleration, taint)) is not true;
    }

    private PodEviction? Forced(V1Pod pod)
    {
        if ((pod.IsDeleting ? IsForcedOut(pod) : pod.IsTerminal) || _input.Options.Times.ReplaceAfter(pod) is not { } after)
            return null;
        return new PodEviction(_memory.Eviction.Deadline(_lastHeartbeat, after), IsForced: true, WhyOf(pod));
    }

    /// <summary>
    /// When the first toleration of a NoExecute taint ends. The unreachable taint is left out, because the daemon cannot act on it.
    /// </summary>
    private PodEviction? Graceful(V1Pod pod, Scope scope)
    {
        if (pod.IsDeleting || pod.IsTerminal)
            return null;
        DateTimeOffset? first = null;
        foreach (var taint in _taints.Where(taint => taint.Key != TaintKeys.Unreachable))
        {
            var isOfOthers = NodeTaints.IsOfOthers(taint);
            // A node that is ready again loses the taints of this controller with this plan or the next.
            if ((!isOfOthers && (scope == Scope.OthersTaints || _isReady)) || Tolerations.StayOf(pod, taint) is not { } stay)
                continue;
            var since = ApiTime.Read(taint.TimeAdded) ?? _input.Now;
            var deadline = isOfOthers ? Waits.After(since, stay) : _memory.Eviction.Deadline(since, stay);
            if (first is null || deadline < first)
                first = deadline;
        }

        return first is { } found ? new PodEviction(found, IsForced: false, WhyOf(pod)) : null;
    }

    private static PodEviction? Earlier(PodEviction? forced, PodEviction? graceful) => graceful is null || forced?.Deadline <= graceful?.Deadline ? forced : graceful;

    private static PodDisruption? WhyOf(V1Pod pod) => pod.IsDeleting ? null : PodDisruption.Taint;
}
