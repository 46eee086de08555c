using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The <c>finalize</c> subresource: only a namespace's own finalizers change.</summary>
internal static class NamespaceFinalization
{
    /// <summary>Restores all other fields.</summary>
    public static void Prepare(KubeObject updated, KubeObject current)
    {
        var (wanted, present) = ((V1Namespace)updated, (V1Namespace)current);
        wanted.Status = present.Status;
        wanted.Metadata.Labels = present.Metadata.Labels;
        wanted.Metadata.Annotations = present.Metadata.Annotations;
        wanted.Metadata.Finalizers = present.Metadata.Finalizers;
        wanted.Metadata.OwnerReferences = present.Metadata.OwnerReferences;
    }
}
