using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>status</c>: reads and takes the whole object, but writes only its status.</summary>
internal sealed class StatusEndpoint(ObjectReads reads, ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "status",
        Serves = static definition => definition.HasStatus,
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
