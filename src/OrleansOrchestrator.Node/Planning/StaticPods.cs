using k8s.Models;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The annotations of pods that come from a file of the node and not from the API.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/kubelet/types/pod_update.go.</remarks>
internal static class StaticPods
{
    /// <summary>Where a pod comes from: <c>file</c>, or <c>api</c>.</summary>
    public const string SourceAnnotation = "kubernetes.io/config.source";

    /// <summary>Marks an object of the API that only shows a static pod; its value is the hash of that.</summary>
    public const string MirrorAnnotation = "kubernetes.io/config.mirror";

    /// <summary>Whether a pod comes from a file of the node, or shows such a pod.</summary>
    public static bool IsStatic(V1Pod pod) => pod.Metadata.Annotations is { } annotations
        && (annotations.ContainsKey(MirrorAnnotation) || annotations.TryGetValue(SourceAnnotation, out var source) && source != "api");
}
