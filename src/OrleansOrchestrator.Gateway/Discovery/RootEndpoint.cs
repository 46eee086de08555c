using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Serves <c>/</c>: the paths that are not resources.</summary>
internal sealed class RootEndpoint(CatalogView<DiscoveryDocuments> documents) : IPathEndpoint
{
    /// <inheritdoc/>
    public bool Serves(string path) => path is "/" or "";

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => documents.Current.Root.SendAsync(request);
}
