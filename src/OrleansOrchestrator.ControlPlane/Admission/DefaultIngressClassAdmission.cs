using k8s.Models;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives a new ingress that does not name a class the default class.</summary>
/// <remarks>See the admission plug-in DefaultIngressClass, k8s.io/kubernetes/plugin/pkg/admission/network/defaultingressclass.</remarks>
internal sealed class DefaultIngressClassAdmission(AdmissionReader reader) : IMutatingAdmission
{
    public string Name => "DefaultIngressClass";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1Ingress { Spec: not null, NamedClass: null } };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var classes = await reader.AllAsync(WellKnownResources.IngressClasses, cancellationToken);
        if (IngressClasses.DefaultOf(classes.Select(stored => stored.SharedModel<V1IngressClass>())) is { } standard)
            ((V1Ingress)request.Object!).Spec.IngressClassName = standard.Metadata.Name;
        return request;
    }
}
