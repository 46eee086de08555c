using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// Static pods, which a node runs by itself, and their mirror pods, which show them in the API. The annotations are those of the kubelet.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/.</remarks>
public static class StaticPods
{
    /// <summary>The annotation of a static pod with where its node found it: <c>file</c> or <c>http</c>.</summary>
    public const string SourceAnnotation = "kubernetes.io/config.source";

    /// <summary>The annotation of a static pod with its uid, which is a hash of what its node found.</summary>
    public const string HashAnnotation = "kubernetes.io/config.hash";

    /// <summary>The annotation of a static pod with when its node first saw it.</summary>
    public const string SeenAnnotation = "kubernetes.io/config.seen";

    /// <summary>The annotation that makes a pod of the API a mirror pod, with the hash of the static pod that it shows.</summary>
    public const string MirrorAnnotation = "kubernetes.io/config.mirror";

    extension(V1Pod pod)
    {
        /// <summary>Whether the pod only shows a static pod of its node. To delete or evict it stops nothing.</summary>
        public bool IsMirror => pod.Metadata?.Annotations?.ContainsKey(MirrorAnnotation) is true;

        /// <summary>The uid by which its node knows the pod: that of the static pod that a mirror pod shows.</summary>
        public string UidOnNode => pod.IsMirror ? pod.Metadata.Annotations[MirrorAnnotation] : pod.Metadata.Uid;

        /// <summary>Whether the node found the pod by itself. True only for pods inside a node: what the API says about it does not count.</summary>
        public bool IsStatic => pod.Metadata?.Annotations?.TryGetValue(SourceAnnotation, out var source) is true && source is ("file" or "http");
    }
}
