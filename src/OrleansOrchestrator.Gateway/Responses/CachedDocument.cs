using System.Security.Cryptography;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>A document that is made once and sent often; clients that have it already are told so.</summary>
internal sealed class CachedDocument(ReadOnlyMemory<byte> json)
{
    /// <summary>The document.</summary>
    public ReadOnlyMemory<byte> Json { get; } = json;

    /// <summary>What changes exactly when the document does, in upper-case hex.</summary>
    public string Hash { get; } = Convert.ToHexString(SHA256.HashData(json.Span));

    /// <summary>Sends the document, or 304 to a client that has it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="contentType">The Content-Type; null for that of the negotiated format.</param>
    public async Task SendAsync(ApiRequest request, string? contentType = null)
    {
        var response = request.Http.Response;
        var tag = $"\"{Hash}\"";
        response.Headers.ETag = tag;
        response.Headers.Vary = "Accept";
        foreach (var known in request.Http.Request.Headers.IfNoneMatch)
        {
            if (known is not null && known.Contains(tag, StringComparison.Ordinal))
            {
                response.StatusCode = 304;
                return;
            }
        }

        if (contentType is null)
            await JsonResponse.SendAsync(request.Http, 200, Json, request.Format, request.Cancellation);
        else
            await JsonResponse.SendBytesAsync(request.Http, 200, Json, contentType, request.Cancellation);
    }
}
