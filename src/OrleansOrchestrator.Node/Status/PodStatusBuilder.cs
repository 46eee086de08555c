using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Status;

/// <summary>Computes the status of a pod from its runtime and its probes. Pure.</summary>
internal static class PodStatusBuilder
{
    /// <param name="view">The pod's present view.</param>
    /// <param name="host">The address of the node.</param>
    /// <param name="scheme">The scheme of container ids, for example <c>docker</c>.</param>
    public static V1PodStatus Build(PodView view, string host, string scheme)
    {
        var containers = new ContainerStatusBuilder(view, scheme);
        var phase = PhaseOf(view);
        var podIp = view.Pod.Spec.HostNetwork == true ? host : AddressOf(view);
        return new V1PodStatus
        {
            Phase = phase,
            Reason = view.Failure?.Reason,
            Message = view.Failure?.Message,
            StartTime = WireTime.Seconds(view.StartTime),
            HostIP = host,
            HostIPs = [new V1HostIP { Ip = host }],
            PodIP = podIp,
            PodIPs = podIp is null ? null : [new V1PodIP { Ip = podIp }],
            Conditions = new PodConditions(view, phase).Build(),
            InitContainerStatuses = view.Pod.Spec.InitContainers?.Select(containers.Build).ToList(),
            ContainerStatuses = view.Pod.Spec.Containers.Select(containers.Build).ToList(),
        };
    }

    /// <summary>The phase, as the pod life cycle page of the Kubernetes documentation defines it.</summary>
    public static string PhaseOf(PodView view)
    {
        if (view.Failure is not null)
            return PodPhase.Failed;
        if (view.Pod.IsTerminal)
            return view.Pod.Status.Phase;

        var newest = view.Pod.Spec.Containers.Select(c => view.Newest(c.Name)).ToList();
        var hasEnded = view.Sandbox is { IsReady: false } or null || !view.Sandbox.Containers.Any(
            c => c.Phase == ContainerPhase.Running);
        if (view.IsDeleted && hasEnded && newest.Any(c => c is not null))
            return EndPhase(newest);
        if (PodOutcome.HasFailedInit(view))
            return PodPhase.Failed;
        if (PodOutcome.IsComplete(view))
            return EndPhase(newest);
        return newest.All(c => c is { Phase: not ContainerPhase.Created }) ? PodPhase.Running : PodPhase.Pending;
    }

    private static string EndPhase(IEnumerable<ContainerInstance?> newest) =>
        newest.All(c => c is { Phase: ContainerPhase.Exited, ExitCode: 0 }) ? PodPhase.Succeeded : PodPhase.Failed;

    /// <summary>The pod's address, which its status keeps after its sandbox has ended.</summary>
    private static string? AddressOf(PodView view) =>
        view.Sandbox is { IsReady: true, Ip: { Length: > 0 } ip } ? ip : view.Pod.Status?.PodIP;
}
