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
        var outcome = PhaseOf(view);

        // As with the kubelet: whoever learns that a pod has ended uses its name, ports and volumes at once.
        var isEnding = PodPhase.IsTerminal(outcome) && !view.Pod.IsTerminal && view.Running.Any();
        var failure = isEnding ? null : view.Failure;
        var podIp = view.Pod.Spec.HostNetwork == true ? host : AddressOf(view);
        return new V1PodStatus
        {
            ObservedGeneration = view.Pod.Metadata.Generation,
            Phase = isEnding ? view.Pod.Status?.Phase ?? PodPhase.Pending : outcome,
            Reason = failure?.Reason,
            Message = failure?.Message,
            StartTime = WireTime.Seconds(view.StartTime),
            HostIP = host,
            HostIPs = [new V1HostIP { Ip = host }],
            PodIP = podIp,
            PodIPs = podIp is null ? null : [.. AddressesOf(view, podIp).Select(address => new V1PodIP { Ip = address })],
            Conditions = new PodConditions(view, outcome, failure).Build(),
            InitContainerStatuses = IsRejected(view) ? null : view.Pod.Spec.InitContainers?.Select(containers.Build).ToList(),
            EphemeralContainerStatuses = view.Pod.Spec.EphemeralContainers is { Count: > 0 } ? [.. view.EphemeralContainers.Select(containers.BuildEphemeral)] : null,
            ContainerStatuses = IsRejected(view) ? [] : view.Pod.Spec.Containers.Select(containers.Build).ToList(),
        };
    }

    /// <summary>Whether the node has taken nothing of the pod, as its status says.</summary>
    private static bool IsRejected(PodView view) =>
        view.Failure?.Rejection is not null || (view.Pod.IsTerminal && view.Sandbox is null && view.Pod.Status.ContainerStatuses is not { Count: > 0 });

    /// <summary>The phase that the pod has, or will have when the last of its containers has ended.</summary>
    /// <remarks>See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase.</remarks>
    private static string PhaseOf(PodView view)
    {
        if (view.Failure is not null)
            return PodPhase.Failed;
        if (view.Pod.IsTerminal)
            return view.Pod.Status.Phase;

        var newest = view.Pod.Spec.Containers.Select(c => view.Newest(c.Name)).ToList();
        // What is deleted before it has started has failed.
        if (view.IsDeleted && !view.Running.Any())
            return EndPhase(newest);
        if (PodOutcome.HasFailedInit(view))
            return PodPhase.Failed;
        if (PodOutcome.IsComplete(view))
            return EndPhase(newest);
        return newest.All(c => c is { Phase: not ContainerPhase.Created }) ? PodPhase.Running : PodPhase.Pending;
    }

    private static string EndPhase(IEnumerable<ContainerInstance?> newest) =>
        newest.All(c => c is { Phase: ContainerPhase.Exited, ExitCode: 0 }) ? PodPhase.Succeeded : PodPhase.Failed;

    /// <summary>The pod's addresses of all families, which its status keeps too.</summary>
    private static IEnumerable<string> AddressesOf(PodView view, string first)
    {
        if (view.Pod.Spec.HostNetwork == true)
            return [first];
        return view.Sandbox is { IsReady: true, Ip.Length: > 0 } sandbox
            ? [first, .. sandbox.MoreIps]
            : view.Pod.Status?.PodIPs?.Select(address => address.Ip) ?? [first];
    }

    /// <summary>The pod's address, which its status keeps after its sandbox has ended.</summary>
    private static string? AddressOf(PodView view) =>
        view.Sandbox is { IsReady: true, Ip: { Length: > 0 } ip } ? ip : view.Pod.Status?.PodIP;
}
