using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Serves discovery.</summary>
internal sealed class DiscoveryEndpoint(DiscoveryView view) : IPathEndpoint
{
    /// <inheritdoc/>
    public bool Serves(string path) =>
        path is "/api" or "/apis"
        || path.StartsWith("/api/", StringComparison.Ordinal)
        || path.StartsWith("/apis/", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request)
    {
        var documents = view.Current;
        var path = request.Info.Path.TrimEnd('/');
        var format = request.Format;
        if (format.View == ResponseView.AggregatedDiscovery && documents.FindAggregated(path, format.Version) is { } aggregated)
            return aggregated.SendAsync(request, $"{MediaTypes.Json};g=apidiscovery.k8s.io;v={format.Version};as=APIGroupDiscoveryList");

        var document = documents.Find(path) ?? throw ApiErrors.NoSuchPath();
        return document.SendAsync(request);
    }
}
