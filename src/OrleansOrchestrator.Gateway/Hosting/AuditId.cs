using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>The id under which a request is found again: the client's own, or a new one.</summary>
internal static class AuditId
{
    private const string Header = "Audit-Id";
    private const int LengthMax = 64;

    /// <summary>Puts the id, and what forbids caches to keep the answer, into the response.</summary>
    public static void Set(HttpContext http)
    {
        var given = http.Request.Headers[Header];
        var headers = http.Response.Headers;
        headers[Header] = given is [{ Length: > 0 and <= LengthMax } id] ? id : Guid.NewGuid().ToString();
        headers.CacheControl = "no-cache, private";
    }
}
