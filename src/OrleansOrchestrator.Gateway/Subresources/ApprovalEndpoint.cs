using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>approval</c>: reads and takes the whole certificate request, but writes only its conditions.</summary>
internal sealed class ApprovalEndpoint(ObjectReads reads, ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "approval",
        Serves = SubresourceDeclaration.Of(new ResourceName("certificatesigningrequests", "certificates.k8s.io")),
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
