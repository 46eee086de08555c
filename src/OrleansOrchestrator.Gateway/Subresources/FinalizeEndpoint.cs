using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>finalize</c> of namespaces, which removes finalizers from the namespace's spec.</summary>
internal sealed class FinalizeEndpoint(ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "finalize",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Namespaces),
        Verbs = [Verbs.Update],
        AnswersWithObject = true,
    };

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => writes.UpdateAsync(request, Declaration.Name);
}
