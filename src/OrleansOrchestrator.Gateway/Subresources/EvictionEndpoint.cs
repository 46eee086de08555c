using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>pods/eviction</c>: a deletion that disruption budgets can refuse; <c>kubectl drain</c> uses it.</summary>
internal sealed class EvictionEndpoint(IObjectClient objects, ObjectBody bodies) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "eviction",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Create],
        Body = ("policy", "v1", "Eviction"),
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var eviction = await bodies.ReadModelAsync<V1Eviction>(request) ?? throw ApiErrors.BadRequest("an Eviction is required");
        if ((eviction.Metadata?.Name ?? "") is var name && name != request.Info.Name)
            throw ApiErrors.BadRequest("name in URL does not match name in Eviction object");
        (eviction.ApiVersion, eviction.Kind) = ("policy/v1", "Eviction");
        var (deletion, options) = WriteQueries.ForDelete(request, eviction.DeleteOptions);
        await objects.EvictAsync(request.Info.Key, eviction, deletion, options, request.Cancellation);
        await StatusResponse.SendAsync(request.Http, StatusResponse.Success(201), request.Cancellation);
    }
}
