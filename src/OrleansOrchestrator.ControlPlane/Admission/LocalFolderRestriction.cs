using k8s.Models;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Lets a node change a volume only if it is a deleted folder of the node: it notes that it removes the folder, and lets the volume go.</summary>
internal static class LocalFolderRestriction
{
    public static void Admit(string node, AdmissionRequest request)
    {
        if (request is not { Operation: AdmissionOperation.Update, Subresource: "", Object: V1PersistentVolume updated, OldObject: V1PersistentVolume current }
            || LocalPathVolumes.NodeOf(current) != node || !LocalPathVolumes.MustBeRemoved(current) || !IsRemoval(updated, current))
        {
            throw NodeRestrictionAdmission.Refuse(request, $"node \"{node}\" can only let go of deleted volumes that are its folders");
        }
    }

    private static bool IsRemoval(V1PersistentVolume updated, V1PersistentVolume current)
    {
        var allowed = ObjectCodec.Clone(current);
        var metadata = allowed.Metadata;
        if (updated.Metadata.Annotations?.TryGetValue(LocalPathVolumes.RemovedAnnotation, out var note) is true)
            metadata.Annotations = new Dictionary<string, string>(metadata.Annotations ?? new Dictionary<string, string>()) { [LocalPathVolumes.RemovedAnnotation] = note };
        if (updated.Metadata.Finalizers?.Contains(LocalPathVolumes.Finalizer) is not true)
            metadata.Finalizers = [.. metadata.Finalizers.Where(finalizer => finalizer != LocalPathVolumes.Finalizer)];
        metadata.ResourceVersion = updated.Metadata.ResourceVersion;
        metadata.ManagedFields = updated.Metadata.ManagedFields;
        return SemanticEquality.Equal(updated, allowed);
    }
}
