using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The pods that a node needs to work, and that it neither evicts nor rejects when something is short.</summary>
/// <remarks>See IsCriticalPod in k8s.io/kubernetes/pkg/kubelet/types.</remarks>
internal static class CriticalPods
{
    /// <summary>Whether the node found the pod by itself, or its priority is that of the system's pods.</summary>
    public static bool IsCritical(V1Pod pod) => pod.IsStatic || pod.Priority >= NodeAgentOptions.SystemPriority;
}
