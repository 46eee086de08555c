using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Serves <c>/</c>: the paths that are not resources.</summary>
internal sealed class RootEndpoint(DiscoveryDocuments documents) : IPathEndpoint
{
    private static readonly string[] OtherPaths = ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];
    private readonly CachedDocument _document = Make(documents);

    /// <inheritdoc/>
    public bool Serves(string path) => path is "/" or "";

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => _document.SendAsync(request);

    private static CachedDocument Make(DiscoveryDocuments documents) => CachedDocument.Make(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStrings("paths"u8, documents.Paths.Concat(OtherPaths).Order(StringComparer.Ordinal));
        writer.WriteEndObject();
    });
}
