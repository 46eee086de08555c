using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Whom tokens are for: this API, unless a review asks about somebody else.</summary>
public static class TokenAudiences
{
    /// <summary>This API, which is also the issuer of its tokens.</summary>
    public const string Api = "https://kubernetes.default.svc.cluster.local";

    private static readonly string[] Default = [Api];
    private static readonly object ItemKey = new();

    /// <summary>The audiences of which a token must name one.</summary>
    public static IReadOnlyList<string> Wanted(HttpContext http) => http.Items[ItemKey] as IReadOnlyList<string> ?? Default;

    /// <summary>Asks about other audiences than this API.</summary>
    public static void Want(HttpContext http, IReadOnlyList<string> audiences) => http.Items[ItemKey] = audiences;
}
