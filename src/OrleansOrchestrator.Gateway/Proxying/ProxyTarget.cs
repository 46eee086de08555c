using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>What the path of a proxy request names: <c>web</c>, <c>web:8080</c> or <c>https:web:https</c>.</summary>
/// <param name="Scheme">http or https.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Port">A number, or the name of a service's port; empty if none is named.</param>
internal readonly record struct ProxyTarget(string Scheme, string Name, string Port)
{
    /// <summary>Reads the name in a path.</summary>
    /// <exception cref="ApiException">400: it is not of that form.</exception>
    public static ProxyTarget Parse(string text, string kind) => text.Split(':') switch
    {
        [{ Length: > 0 } name] => new ProxyTarget(Uri.UriSchemeHttp, name, ""),
        [{ Length: > 0 } name, var port] => new ProxyTarget(Uri.UriSchemeHttp, name, port),
        ["" or "http", { Length: > 0 } name, var port] => new ProxyTarget(Uri.UriSchemeHttp, name, port),
        ["https", { Length: > 0 } name, var port] => new ProxyTarget(Uri.UriSchemeHttps, name, port),
        _ => throw ApiErrors.BadRequest($"invalid {kind} request \"{text}\""),
    };
}
