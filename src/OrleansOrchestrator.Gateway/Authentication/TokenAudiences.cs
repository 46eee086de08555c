using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>The audiences of tokens: this API, unless a review asks for others.</summary>
public static class TokenAudiences
{
    /// <summary>This API, which also issues the tokens.</summary>
    public const string Api = "https://kubernetes.default.svc.cluster.local";

    private static readonly string[] Default = [Api];
    private static readonly object ItemKey = new();

    /// <summary>The audiences of which a token must name one.</summary>
    public static IReadOnlyList<string> Wanted(HttpContext http) => http.Items[ItemKey] as IReadOnlyList<string> ?? Default;

    /// <summary>Asks for other audiences than this API.</summary>
    public static void Want(HttpContext http, IReadOnlyList<string> audiences) => http.Items[ItemKey] = audiences;
}
