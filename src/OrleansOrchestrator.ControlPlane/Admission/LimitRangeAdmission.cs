using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives new pods the defaults of the limit ranges of their namespace, and refuses pods and claims that do not keep to them.</summary>
/// <remarks>
/// A limit range counts from when its creation is acknowledged, as a quota does (<see cref="ResourceQuotaAdmission"/>). See the admission
/// plug-in LimitRanger, k8s.io/kubernetes/plugin/pkg/admission/limitranger.
/// </remarks>
internal sealed class LimitRangeAdmission(Informers informers, ResourceRegistry registry) : IMutatingAdmission, IValidatingAdmission
{
    private readonly ObjectIndex<string, StoredObject> _ranges = informers.Index<string, StoredObject>(
        registry[WellKnownResources.LimitRanges], static range => [KeyValuePair.Create(range.Key.Namespace, range)]);

    public string Name => "LimitRanger";

    // What the containers of a pod ask for changes only by a resize. A claim may grow.
    public bool Handles(AdmissionRequest request) => request switch
    {
        { Operation: AdmissionOperation.Create, Subresource: "", Object: V1Pod or V1PersistentVolumeClaim } => true,
        { Operation: AdmissionOperation.Update, Subresource: "", Object: V1PersistentVolumeClaim, Current.IsDeleting: false } => true,
        { Operation: AdmissionOperation.Update, Subresource: PodResize.Subresource, Object: V1Pod, Current.IsDeleting: false } => true,
        _ => false,
    };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request is { Operation: AdmissionOperation.Create, Object: V1Pod pod })
        {
            foreach (var range in await FindAsync(request, cancellationToken))
                LimitRangeEnforcement.FillIn(range, pod);
        }

        return request;
    }

    public async ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        foreach (var range in await FindAsync(request, cancellationToken))
        {
            if (LimitRangeEnforcement.FindFaults(range, request.Written) is { } faults)
                throw ApiErrors.Forbidden(request.Definition.Name, request.Key.Name, faults);
        }
    }

    private async ValueTask<IEnumerable<V1LimitRange>> FindAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        await _ranges.EnsureCurrentAsync(cancellationToken);
        var found = _ranges.Find(request.Key.Namespace);
        return found.Count == 0 ? [] : found.OrderBy(range => range.Key).Select(range => range.SharedModel<V1LimitRange>());
    }
}
