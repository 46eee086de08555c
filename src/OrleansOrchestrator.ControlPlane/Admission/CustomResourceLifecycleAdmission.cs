using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Refuses to create objects of a kind whose definition is being deleted: nobody could reach them afterwards.</summary>
internal sealed class CustomResourceLifecycleAdmission : IMutatingAdmission
{
    public string Name => "CustomResourceLifecycle";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create, Subresource: "", Definition: CustomKind { IsTerminating: true } };

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken) =>
        throw ApiErrors.MethodNotAllowed($"create not allowed while custom resource definition {request.Definition.Name} is terminating");
}
