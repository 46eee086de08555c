using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Serves the OpenAPI documents, as JSON.</summary>
/// <remarks>
/// kubectl turns to version 2, which it reads as protobuf only, for a kind that version 3 does not have. It gets a document
/// without any kinds, which is true of what it asks for, and then says what really is wrong: that there is no such kind.
/// See https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3.
/// </remarks>
internal sealed class OpenApiEndpoint(OpenApiDocuments documents) : IPathEndpoint
{
    private const string Version2Path = "/openapi/v2";
    private const string Version3Path = "/openapi/v3";
    private const string Version2Protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    private const string Version2ProtobufSent = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    private const string ImmutableCaching = "public, immutable, max-age=31536000";

    private static ReadOnlySpan<byte> WithoutKinds => "\n\u00032.0\u0012\u0015\n\nKubernetes\u0012\u0007v1.33.0B\0"u8;

    /// <inheritdoc/>
    public bool Serves(string path) => path.StartsWith("/openapi/", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request)
    {
        var path = request.Info.Path.TrimEnd('/');
        if (path == Version2Path && request.Http.Request.Headers.Accept.ToString().Contains(Version2Protobuf, StringComparison.Ordinal))
            return SendWithoutKindsAsync(request.Http);

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

    /// <summary>Sends openapi.v2.Document { swagger: "2.0", info: { title: "Kubernetes", version: "v1.33.0" }, paths: {} }.</summary>
    private static async Task SendWithoutKindsAsync(HttpContext http)
    {
        // The name that clients ask for is no media type by the rules of MIME, and they refuse it in an answer.
        http.Response.ContentType = Version2ProtobufSent;
        await http.Response.Body.WriteAsync(WithoutKinds.ToArray(), http.RequestAborted);
    }
}
