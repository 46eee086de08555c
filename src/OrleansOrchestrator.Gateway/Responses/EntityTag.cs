using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Entity tags from hashes, so that clients need not fetch a document that they have.</summary>
internal static class EntityTag
{
    /// <summary>Sets the tag in the answer.</summary>
    /// <returns>Whether the client has the document; the answer is then complete.</returns>
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
