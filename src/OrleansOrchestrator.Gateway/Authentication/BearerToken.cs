using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Reads bearer tokens (RFC 6750).</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>The token of a request; empty if it has none.</summary>
    public static ReadOnlySpan<char> Of(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count != 1 || !header[0].AsSpan().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return default;
        return header[0].AsSpan(Scheme.Length).Trim();
    }
}
