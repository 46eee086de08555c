using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>A document that is made once and sent often; clients that have it get a 304.</summary>
internal sealed class CachedDocument(ReadOnlyMemory<byte> json)
{
    /// <summary>The document.</summary>
    public ReadOnlyMemory<byte> Json { get; } = json;

    /// <summary>The hash of the document in upper-case hex.</summary>
    public string Hash { get; } = Convert.ToHexString(SHA256.HashData(json.Span));

    /// <summary>Makes a document.</summary>
    public static CachedDocument Make(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonWriting.Compact))
            write(writer);
        return new CachedDocument(buffer.WrittenSpan.ToArray());
    }

    /// <summary>Sends the document, or 304 to a client that has it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="contentType">The Content-Type; null for that of the negotiated format.</param>
    public async Task SendAsync(ApiRequest request, string? contentType = null)
    {
        if (EntityTag.IsKnown(request.Http, Hash))
            return;
        if (contentType is null)
            await JsonResponse.SendAsync(request.Http, 200, Json, request.Format, request.Cancellation);
        else
            await JsonResponse.SendBytesAsync(request.Http, 200, Json, contentType, request.Cancellation);
    }
}
