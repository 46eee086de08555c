using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves a part of an object: reads and takes the whole, but writes only the part.</summary>
/// <param name="name">The name of the subresource.</param>
/// <param name="serves">Which kinds have the part.</param>
/// <param name="reads">Reads objects.</param>
/// <param name="writes">Writes objects.</param>
internal abstract class PartEndpoint(string name, Func<ResourceDefinition, bool> serves, ObjectReads reads, ObjectWrites writes) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = name,
        Serves = serves,
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
