using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>The path and query of a request on its way to another server, which must read in them what this one has read.</summary>
internal static class PassedTarget
{
    /// <summary>Makes a path and query safe for <see cref="Uri"/>, which takes a backslash for a slash, and drops what follows <c>#</c>.</summary>
    public static string Escape(string target) => target.Replace("\\", "%5C", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

    /// <summary>The path and query that mean exactly what this server has parsed and authorized, however the client wrote them.</summary>
    public static string OfParsed(HttpRequest request)
    {
        // PathString takes a percent sign that is text for the beginning of an encoded character.
        var path = (request.Path.Value ?? "/").Replace("%", "%25", StringComparison.Ordinal);
        return new PathString(path).ToUriComponent() + Escape(request.QueryString.Value ?? "");
    }

    /// <summary>
    /// The path and query as the client has written them: an encoded slash stays one. If the server has changed more of the path than its
    /// encoding, such as dots, it is written anew from what the server has read.
    /// </summary>
    public static string AsWritten(HttpRequest request)
    {
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.StartsWith('/') && !HasDots(raw) ? Escape(raw) : OfParsed(request);
    }

    /// <summary>Whether the path has an encoded slash. Here it is part of a name; other servers take it for a slash, and so read another
    /// resource.</summary>
    public static bool HasEncodedSlash(HttpRequest request)
    {
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan();
        return (raw.IndexOf('?') is var end and >= 0 ? raw[..end] : raw).Contains("%2F", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether an element of the path is one or two dots, however they are written.</summary>
    private static bool HasDots(string target)
    {
        var path = (target.IndexOf('?', StringComparison.Ordinal) is var end and >= 0 ? target[..end] : target)
            .Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);
        return path.Contains("/.", StringComparison.Ordinal) && path.Split('/').Any(element => element is "." or "..");
    }
}
