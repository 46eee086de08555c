using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Serves the OpenAPI documents, as JSON only.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3</remarks>
internal sealed class OpenApiEndpoint(OpenApiDocuments documents) : IPathEndpoint
{
    private const string Version2Path = "/openapi/v2";
    private const string Version3Path = "/openapi/v3";
    private const string ImmutableCaching = "public, immutable, max-age=31536000";

    /// <inheritdoc/>
    public bool Serves(string path) => path.StartsWith("/openapi/", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request)
    {
        var path = request.Info.Path.TrimEnd('/');
        // A client that reads only protobuf is refused before a document is made for it.
        _ = request.Format;
        switch (path)
        {
            case Version2Path:
                return documents.Version2.SendAsync(request);
            case Version3Path:
                return documents.Index.SendAsync(request);
        }

        var prefix = path.StartsWith(Version3Path + "/", StringComparison.Ordinal) ? path[(Version3Path.Length + 1)..] : "";
        var document = documents.Find(prefix) ?? throw ApiErrors.NoSuchPath();
        // The index names a document by its hash, so an address never changes what it means.
        if (request.Http.Request.Query["hash"] == document.Hash)
            request.Http.Response.Headers.CacheControl = ImmutableCaching;
        return document.SendAsync(request);
    }
}
