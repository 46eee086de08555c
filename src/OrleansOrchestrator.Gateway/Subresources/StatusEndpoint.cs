using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>status</c>: the whole object is read and sent, but only its status is written.</summary>
internal sealed class StatusEndpoint(ObjectReads reads, ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public string Name => "status";

    /// <inheritdoc/>
    public bool Serves(ResourceDefinition definition) => definition.HasStatus;

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => request.Info.Verb switch
    {
        Verbs.Get => reads.GetAsync(request),
        Verbs.Update => writes.UpdateAsync(request, Name),
        Verbs.Patch => writes.PatchAsync(request, Name),
        _ => throw ApiErrors.MethodNotAllowed(),
    };
}
