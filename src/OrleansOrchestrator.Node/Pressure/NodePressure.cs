using System.Collections.Immutable;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Thresholds;
using k8s.Models;

namespace OrleansOrchestrator.Node.Pressure;

/// <summary>The present shortages of the node, for its status and for the admission of pods.</summary>
internal sealed class NodePressure
{
    private static readonly V1Taint MemoryTaint = new() { Key = TaintKeys.MemoryPressure, Effect = TaintEffects.NoSchedule };

    private volatile Holder _current = new([]);

    /// <summary>The conditions that hold now.</summary>
    public ImmutableArray<PressureCondition> Conditions
    {
        get => _current.Conditions;
        set => _current = new Holder(value);
    }

    /// <summary>Why the node rejects a new pod now; null if it does not. Critical pods are always taken.</summary>
    /// <remarks>When only memory is short, pods with a request or a limit are taken, and those that tolerate it.</remarks>
    public PodFailure? Refuse(V1Pod pod)
    {
        var conditions = Conditions;
        if (conditions.IsEmpty || CriticalPods.IsCritical(pod))
            return null;
        if (conditions is [var only] && only == PressureCondition.Memory
            && (QosClass.Of(pod.Spec) != QosClass.BestEffort || Tolerations.Tolerates([.. pod.Spec.Tolerations ?? []], MemoryTaint)))
        {
            return null;
        }

        return PodFailures.Rejected("Evicted", $"The node had condition: [{string.Join(' ', conditions)}]. ");
    }

    // A volatile field cannot be a structure.
    private sealed record Holder(ImmutableArray<PressureCondition> Conditions);
}
