using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>pods/resize</c>: takes the whole pod, but changes only the resources of its containers.</summary>
internal sealed class ResizeEndpoint(ObjectReads reads, ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = PodResize.Subresource,
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Get, Verbs.Patch, Verbs.Update],
        AnswersWithObject = true,
    };

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => request.Info.Verb switch
    {
        Verbs.Get => reads.GetAsync(request),
        Verbs.Update => writes.UpdateAsync(request, Declaration.Name),
        _ => writes.PatchAsync(request, Declaration.Name),
    };
}
