using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>The id of a request in audit logs: the client's own, or a new one.</summary>
internal static class AuditId
{
    private const string Header = "Audit-Id";
    // Longer than a UUID. A longer id of a client is replaced.
    private const int LengthMax = 64;
    // The size of a UUID.
    private const int IdBytes = 16;

    /// <summary>Sets the headers for the id, and against caching of the answer.</summary>
    public static void Set(HttpContext http)
    {
        var given = http.Request.Headers[Header];
        var headers = http.Response.Headers;
        headers[Header] = given is [{ Length: > 0 and <= LengthMax } id] ? id : NewId();
        headers.CacheControl = "no-cache, private";
    }

    // The id must be unique but not hard to guess: cryptographic random bytes would cost a system call per request.
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
