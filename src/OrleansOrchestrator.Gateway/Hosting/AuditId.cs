using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>The id under which a request is found again: the client's own, or a new one.</summary>
internal static class AuditId
{
    private const string Header = "Audit-Id";
    private const int LengthMax = 64;
    private const int IdBytes = 16;

    /// <summary>Puts the id, and what forbids caches to keep the answer, into the response.</summary>
    public static void Set(HttpContext http)
    {
        var given = http.Request.Headers[Header];
        var headers = http.Response.Headers;
        headers[Header] = given is [{ Length: > 0 and <= LengthMax } id] ? id : NewId();
        headers.CacheControl = "no-cache, private";
    }

    // It has to be told from others, not to be hard to guess: that would ask the system for random bytes at each request.
    private static string NewId()
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        Random.Shared.NextBytes(bytes);

        // Version 4, variant 1 (RFC 9562).
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
