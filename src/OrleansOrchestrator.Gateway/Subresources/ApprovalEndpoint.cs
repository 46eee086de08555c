using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>approval</c>: the whole certificate request is read and sent, but only its conditions are written.</summary>
internal sealed class ApprovalEndpoint(ObjectReads reads, ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public string Name => "approval";

    /// <inheritdoc/>
    public bool Serves(ResourceDefinition definition) => definition.Subresources.Any(subresource => subresource.Name == Name);

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => request.Info.Verb switch
    {
        Verbs.Get => reads.GetAsync(request),
        Verbs.Update => writes.UpdateAsync(request, Name),
        Verbs.Patch => writes.PatchAsync(request, Name),
        _ => throw ApiErrors.MethodNotAllowed(),
    };
}
