using k8s.Models;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>An object after an apply.</summary>
/// <param name="Json">The object, without defaults and managed fields.</param>
/// <param name="ManagedFields">Its managed fields.</param>
/// <param name="LastApplied">The new value of kubectl's annotation; null to leave it.</param>
public sealed record AppliedObject(ReadOnlyMemory<byte> Json, IList<V1ManagedFieldsEntry>? ManagedFields, string? LastApplied)
{
    /// <summary>Sets managed fields and annotation on the decoded object.</summary>
    public void Complete(KubeObject obj)
    {
        obj.Metadata ??= new V1ObjectMeta();
        obj.Metadata.ManagedFields = ManagedFields;
        if (LastApplied is null)
            return;
        obj.Metadata.Annotations[FieldManagement.LastApplied.Annotation] = LastApplied;
        var bytes = obj.Metadata.Annotations.Sum(pair =>
            (long)System.Text.Encoding.UTF8.GetByteCount(pair.Key) + System.Text.Encoding.UTF8.GetByteCount(pair.Value ?? ""));
        if (bytes > ObjectMetaValidation.AnnotationsBytesMax)
            obj.Metadata.Annotations.Remove(FieldManagement.LastApplied.Annotation);
    }
}
