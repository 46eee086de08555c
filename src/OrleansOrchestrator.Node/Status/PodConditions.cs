using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Status;

/// <summary>Computes the conditions that the node owns. A pod on this node counts as scheduled, even if no scheduler did it.</summary>
/// <param name="view">The pod's present view.</param>
/// <param name="phase">The phase that the pod has, or will have when the last of its containers has ended.</param>
/// <param name="failure">The failure that the status tells; null if it tells none.</param>
internal sealed class PodConditions(PodView view, string phase, PodFailure? failure)
{
    private bool IsFinished => PodPhase.IsTerminal(phase);

    public List<V1PodCondition> Build() =>
    [
        Make(PodConditionTypes.PodScheduled, true, null, null),
        Make(PodConditionTypes.PodReadyToStartContainers, view.Sandbox is { IsReady: true }, null, null),
        Initialized(),
        Ready(),
        ContainersReady(),
        .. Resize(),
        .. failure?.Disruption is { } disruption ? [Disrupted(disruption)] : (IEnumerable<V1PodCondition>)[],
    ];

    private IEnumerable<V1PodCondition> Resize()
    {
        if (IsFinished)
            yield break;
        if (view.Resize.Pending is { } pending)
            yield return Make(PodConditionTypes.PodResizePending, true, pending.Reason, pending.Message);
        if (!ContainerResize.IsInProgress(view))
            yield break;
        var fault = view.UpdateFaults.Values.FirstOrDefault();
        var inProgress = Make(PodConditionTypes.PodResizeInProgress, true, fault is null ? null : PodResize.Error, fault);
        inProgress.ObservedGeneration = view.Resize.GrantedGeneration ?? inProgress.ObservedGeneration;
        yield return inProgress;
    }

    private V1PodCondition Disrupted(PodDisruption disruption) => Make(PodConditionTypes.DisruptionTarget, true, disruption.Reason, disruption.Message);

    private V1PodCondition Initialized()
    {
        var incomplete = view.InitContainers
            .Where(c => !(view.Newest(c.Name) is { } instance && (c.IsSidecar
                ? instance.Phase == ContainerPhase.Running && view.HealthOf(instance).IsStarted
                : instance is { Phase: ContainerPhase.Exited, ExitCode: 0 })))
            .Select(c => c.Name)
            .ToList();
        if (phase == PodPhase.Succeeded)
            return Make(PodConditionTypes.Initialized, true, "PodCompleted", null);

        // Once an app container has started, a sidecar that is down takes nothing back.
        var hasStarted = view.Pod.Spec.Containers.Any(c => view.Newest(c.Name) is { Phase: ContainerPhase.Running or ContainerPhase.Exited });
        return incomplete.Count == 0 || hasStarted
            ? Make(PodConditionTypes.Initialized, true, null, null)
            : Make(PodConditionTypes.Initialized, false, "ContainersNotInitialized", $"containers with incomplete status: {List(incomplete)}");
    }

    private V1PodCondition ContainersReady() => ContainersReadyAs(PodConditionTypes.ContainersReady);

    private V1PodCondition Ready()
    {
        var containers = ContainersReadyAs(PodConditionTypes.Ready);
        if (containers.Status != "True")
            return containers;
        var closed = (view.Pod.Spec.ReadinessGates ?? [])
            .Where(gate => Existing(gate.ConditionType)?.Status != "True")
            .Select(gate => gate.ConditionType)
            .ToList();
        return closed.Count == 0
            ? containers
            : Make(PodConditionTypes.Ready, false, "ReadinessGatesNotReady", string.Join(
                ", ", closed.Select(gate => Existing(gate) is null
                    ? $"corresponding condition of pod readiness gate \"{gate}\" does not exist."
                    : $"the status of pod readiness gate \"{gate}\" is not \"True\", but {Existing(gate)!.Status}")));
    }

    private V1PodCondition ContainersReadyAs(string type)
    {
        if (IsFinished)
            return Make(type, false, phase == PodPhase.Succeeded ? "PodCompleted" : "PodFailed", null);
        var unready = view.Sidecars.Concat(view.Pod.Spec.Containers)
            .Where(c => !(view.Newest(c.Name) is { Phase: ContainerPhase.Running } instance
                && view.HealthOf(instance) is { IsStarted: true, IsReady: true }))
            .Select(c => c.Name)
            .ToList();
        return unready.Count == 0
            ? Make(type, true, null, null)
            : Make(type, false, "ContainersNotReady", $"containers with unready status: {List(unready)}");
    }

    private V1PodCondition Make(string type, bool holds, string? reason, string? message)
    {
        var status = holds ? "True" : "False";
        var existing = Existing(type);
        return new V1PodCondition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            ObservedGeneration = view.Pod.Metadata.Generation,
            LastTransitionTime = existing?.Status == status && existing.LastTransitionTime is { } since
                ? since
                : WireTime.Seconds(view.Wall),
        };
    }

    private V1PodCondition? Existing(string type) => view.Pod.Condition(type);

    /// <summary>A list as Go prints a slice of strings.</summary>
    private static string List(IEnumerable<string> names) => $"[{string.Join(' ', names)}]";
}
