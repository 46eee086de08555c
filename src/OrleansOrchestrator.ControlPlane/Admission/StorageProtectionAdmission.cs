using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives new claims and volumes the finalizer that keeps them as long as they are used.</summary>
/// <remarks>See the admission plug-in StorageObjectInUseProtection, k8s.io/kubernetes/plugin/pkg/admission/storage/storageobjectinuseprotection.</remarks>
internal sealed class StorageProtectionAdmission : IMutatingAdmission
{
    public string Name => "StorageObjectInUseProtection";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1PersistentVolumeClaim or V1PersistentVolume };

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var metadata = request.Written.Metadata;
        var finalizer = request.Object is V1PersistentVolumeClaim ? VolumeMetadataKeys.ClaimProtection : VolumeMetadataKeys.VolumeProtection;
        if (metadata.Finalizers?.Contains(finalizer) is not true)
            metadata.Finalizers = [.. metadata.Finalizers ?? [], finalizer];
        return ValueTask.FromResult(request);
    }
}
