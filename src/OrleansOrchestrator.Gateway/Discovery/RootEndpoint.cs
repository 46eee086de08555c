using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Serves <c>/</c>: the paths that are not resources.</summary>
internal sealed class RootEndpoint(DiscoveryView documents) : IPathEndpoint
{
    /// <inheritdoc/>
    public bool Serves(string path) => path is "/" or "";

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => documents.Current.Root.SendAsync(request);
}
