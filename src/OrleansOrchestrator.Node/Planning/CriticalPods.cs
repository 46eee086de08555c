using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The pods that a node needs to work, and that it neither evicts nor rejects when something is short.</summary>
/// <remarks>See IsCriticalPod in k8s.io/kubernetes/pkg/kubelet/types.</remarks>
internal static class CriticalPods
{
    // The priority of system-cluster-critical; that of system-node-critical is higher.
    private const int Priority = 2_000_000_000;

    /// <summary>Whether the node found the pod by itself, or its priority is that of the system's pods.</summary>
    public static bool IsCritical(V1Pod pod) => pod.IsStatic || HasSystemPriority(pod);

    /// <summary>Whether the pod's priority is that of the system's pods. Only these end last when the machine goes down.</summary>
    public static bool HasSystemPriority(V1Pod pod) => pod.Priority >= Priority;
}
