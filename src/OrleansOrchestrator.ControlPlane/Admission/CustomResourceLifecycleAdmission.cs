using OrleansOrchestrator.Model.CustomResources;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Nothing is created of a kind whose definition is being deleted: it would be left behind, out of everyone's reach.</summary>
internal sealed class CustomResourceLifecycleAdmission : IAdmissionPlugin
{
    public ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request is { Operation: AdmissionOperation.Create, Definition: CustomKind { IsTerminating: true } kind })
            throw ApiErrors.MethodNotAllowed($"create not allowed while custom resource definition {kind.Name} is terminating");
        return ValueTask.CompletedTask;
    }
}
