using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives a new claim that does not name a class the default class. A claim that is made before there is one gets it later.</summary>
/// <remarks>See the admission plug-in DefaultStorageClass, k8s.io/kubernetes/plugin/pkg/admission/storage/storageclass/setdefault.</remarks>
internal sealed class DefaultStorageClassAdmission(AdmissionReader reader) : IMutatingAdmission
{
    public string Name => "DefaultStorageClass";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1PersistentVolumeClaim { Spec: not null, HasClass: false } };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var classes = await reader.AllAsync(WellKnownResources.StorageClasses, cancellationToken);
        if (StorageClasses.DefaultOf(classes.Select(stored => stored.SharedModel<V1StorageClass>())) is { } standard)
            ((V1PersistentVolumeClaim)request.Object!).Spec.StorageClassName = standard.Metadata.Name;
        return request;
    }
}
