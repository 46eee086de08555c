using OrleansOrchestrator.Gateway.Aggregation;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Serves the OpenAPI documents as JSON, and version 2 also as protobuf. Version 3 of what other servers have comes from them.</summary>
/// <remarks>
/// For a kind that version 3 does not have, kubectl uses version 2, which it reads as protobuf only. See
/// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3.
/// </remarks>
internal sealed class OpenApiEndpoint(CatalogView<OpenApiDocuments> view, ServerExplorer others, AggregationProxy proxy) : IPathEndpoint
{
    private const string Version2Path = "/openapi/v2";
    private const string Version3Path = "/openapi/v3";
    private const string Version2Protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

    // The media type that clients request is not valid MIME, and they refuse it in an answer.
    private const string Version2ProtobufSent = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    // A year, the longest time that caches honour; the hash in the address changes with the document.
    private const string ImmutableCaching = "public, immutable, max-age=31536000";

    /// <inheritdoc/>
    public bool Serves(string path) => path.StartsWith("/openapi/", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request)
    {
        var documents = view.Current;
        var path = request.Info.Path.TrimEnd('/');
        if (path == Version2Path && TakesProtobuf(request.Http.Request.Headers.Accept.ToString()))
            return documents.Version2Protobuf.SendAsync(request, Version2ProtobufSent);

        // Refuses a client that reads only protobuf before it makes a document.
        _ = request.Format;
        switch (path)
        {
            case Version2Path:
                return documents.Version2.SendAsync(request);
            case Version3Path:
                return documents.IndexWith(others.Current).SendAsync(request);
        }

        var prefix = path.StartsWith(Version3Path + "/", StringComparison.Ordinal) ? path[(Version3Path.Length + 1)..] : "";
        if (others.Current.Table.FindByPath(prefix) is { } server)
            return proxy.ForwardAsync(request, server);
        var document = documents.Find(prefix) ?? throw ApiErrors.NoSuchPath();
        // The index names a document by its hash, so that an address never changes its meaning.
        if (request.Http.Request.Query["hash"] == document.Hash)
            request.Http.Response.Headers.CacheControl = ImmutableCaching;
        return document.SendAsync(request);
    }

    private static bool TakesProtobuf(string accept) =>
        accept.Contains(Version2Protobuf, StringComparison.Ordinal) || accept.Contains(Version2ProtobufSent, StringComparison.Ordinal);
}
