using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Lets a claim grow only if it is bound and its class allows that.</summary>
/// <remarks>See the admission plug-in PersistentVolumeClaimResize, k8s.io/kubernetes/plugin/pkg/admission/storage/persistentvolume/resize.</remarks>
internal sealed class ClaimResizeAdmission(AdmissionReader reader) : IValidatingAdmission
{
    public string Name => "PersistentVolumeClaimResize";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Update, Subresource: "", Object: V1PersistentVolumeClaim claim, OldObject: V1PersistentVolumeClaim old }
        && claim.RequestedSize > old.RequestedSize;

    public async ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var (claim, old) = ((V1PersistentVolumeClaim)request.Object!, (V1PersistentVolumeClaim)request.OldObject!);
        if (old.Status?.Phase != ClaimPhase.Bound)
            throw Forbidden("Only bound persistent volume claims can be expanded");
        var storage = await reader.FindAsync(WellKnownResources.StorageClasses, new ObjectKey("", claim.ClassName), cancellationToken);
        if (storage?.SharedModel<V1StorageClass>().AllowVolumeExpansion is not true || claim.ClassName != old.ClassName)
            throw Forbidden("only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize");

        ApiException Forbidden(string why) => ApiErrors.Forbidden(WellKnownResources.PersistentVolumeClaims, request.Key.Name, why);
    }
}
