using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>finalize</c> of namespaces, through which a finalizer of the namespace itself is taken away.</summary>
internal sealed class FinalizeEndpoint(ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public string Name => "finalize";

    /// <inheritdoc/>
    public bool Serves(ResourceDefinition definition) => definition.Name == WellKnownResources.Namespaces;

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => request.Info.Verb == Verbs.Update
        ? writes.UpdateAsync(request, Name)
        : throw ApiErrors.MethodNotAllowed();
}
