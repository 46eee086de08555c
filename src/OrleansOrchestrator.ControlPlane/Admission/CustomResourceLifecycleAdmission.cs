using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Nothing is created of a kind whose definition is being deleted: it would be left behind, out of everyone's reach.</summary>
internal sealed class CustomResourceLifecycleAdmission : IMutatingAdmission
{
    public string Name => "CustomResourceLifecycle";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create, Subresource: "", Definition: CustomKind { IsTerminating: true } };

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken) =>
        throw ApiErrors.MethodNotAllowed($"create not allowed while custom resource definition {request.Definition.Name} is terminating");
}
