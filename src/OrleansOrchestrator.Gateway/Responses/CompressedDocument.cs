using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>
/// A large document that is made once and kept compressed, as it is sent: a fifth of its size stays in memory, and it is never in one
/// buffer while it is made.
/// </summary>
internal sealed class CompressedDocument
{
    // Keeps the writer's buffer out of the large object heap, which begins at 85,000 bytes.
    private const int FlushBytes = 32 * 1024;
    private readonly byte[] _gzip;

    private CompressedDocument(byte[] gzip, string hash)
    {
        _gzip = gzip;
        Hash = hash;
    }

    /// <summary>The hash of the document in upper-case hex.</summary>
    public string Hash { get; }

    /// <summary>Makes a document.</summary>
    public static CompressedDocument Make(Action<Stream> write)
    {
        var compressed = new MemoryStream();
        using var hash = SHA256.Create();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        using (var hashing = new CryptoStream(gzip, hash, CryptoStreamMode.Write))
            write(hashing);
        return new CompressedDocument(compressed.ToArray(), Convert.ToHexString(hash.Hash!));
    }

    /// <summary>Makes a JSON document; call <see cref="FlushIfLarge"/> between parts.</summary>
    public static CompressedDocument MakeJson(Action<Utf8JsonWriter> write) => Make(stream =>
    {
        using var writer = new Utf8JsonWriter(stream, JsonWriting.Compact);
        write(writer);
    });

    /// <summary>Flushes the writer if it holds much.</summary>
    public static void FlushIfLarge(Utf8JsonWriter writer)
    {
        if (writer.BytesPending >= FlushBytes)
            writer.Flush();
    }

    /// <summary>The uncompressed document.</summary>
    public Stream Open() => new GZipStream(new MemoryStream(_gzip, writable: false), CompressionMode.Decompress);

    /// <summary>Sends the document, or 304 to a client that has it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="contentType">The Content-Type; null for that of the negotiated format.</param>
    public async Task SendAsync(ApiRequest request, string? contentType = null)
    {
        var response = request.Http.Response;
        if (EntityTag.IsKnown(request.Http, Hash))
            return;
        if (contentType is null && request.Format.IsRewritten)
        {
            using var whole = new MemoryStream();
            await using (var stream = Open())
                await stream.CopyToAsync(whole, request.Cancellation);
            await JsonResponse.SendAsync(request.Http, 200, whole.ToArray(), request.Format, request.Cancellation);
            return;
        }

        response.ContentType = contentType ?? request.Format.ContentType;
        if (TakesGzip(request.Http))
        {
            response.Headers.ContentEncoding = "gzip";
            response.ContentLength = _gzip.Length;
            await response.BodyWriter.WriteAsync(_gzip, request.Cancellation);
            return;
        }

        await using var plain = Open();
        await plain.CopyToAsync(response.Body, request.Cancellation);
    }

    private static bool TakesGzip(HttpContext http)
    {
        foreach (var coding in http.Request.GetTypedHeaders().AcceptEncoding)
        {
            if (coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality != 0)
                return true;
        }

        return false;
    }
}
