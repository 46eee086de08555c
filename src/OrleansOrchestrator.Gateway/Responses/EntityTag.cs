using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Tells documents by their hash, so that clients need not fetch what they have.</summary>
internal static class EntityTag
{
    /// <summary>Names the document in the answer.</summary>
    /// <returns>Whether the client has it already; the answer is then complete.</returns>
    public static bool IsKnown(HttpContext http, string hash)
    {
        var tag = $"\"{hash}\"";
        http.Response.Headers.ETag = tag;
        http.Response.Headers.Vary = "Accept, Accept-Encoding";
        foreach (var known in http.Request.Headers.IfNoneMatch)
        {
            if (known is not null && known.Contains(tag, StringComparison.Ordinal))
            {
                http.Response.StatusCode = 304;
                return true;
            }
        }

        return false;
    }
}
