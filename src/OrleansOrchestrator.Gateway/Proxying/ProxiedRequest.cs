using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using OrleansOrchestrator.Gateway.Requests;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>One request on its way to a destination: it gets the destination's address, and loses what is meant for this server
/// only.</summary>
internal sealed class ProxiedRequest(ApiRequest request, ProxyDestination destination) : HttpTransformer
{
    private const string Impersonation = "Impersonate-";

    // A pod must not open the API, whose origin it shares, to pages of others.
    private static readonly string[] CrossOriginHeaders =
    [
        "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin",
        "Access-Control-Expose-Headers", "Access-Control-Max-Age",
    ];

    /// <summary>The path and query at the destination, as the client has written them: an encoded slash stays one.</summary>
    private string Target
    {
        get
        {
            var query = request.Http.Request.QueryString;
            if (request.Info.SubresourcePath.Length == 0)
                return new PathString("/" + (request.Http.Request.Query["path"].FirstOrDefault() ?? "").TrimStart('/')).ToUriComponent() + query;
            var before = request.Info.Path.AsSpan(0, request.Info.Path.Length - request.Info.SubresourcePath.Length).Count('/');
            return RawPathAfter(before) is { } raw ? raw + query : new PathString(request.Info.SubresourcePath).ToUriComponent() + query;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Options.Set(ProxyDestination.Key, destination);
        proxyRequest.RequestUri = new Uri(destinationPrefix.TrimEnd('/') + PassedTarget.Escape(Target));
        var headers = proxyRequest.Headers;

        // A pod must not get the credentials of those who ask it.
        headers.Authorization = null;
        foreach (var name in headers.Select(header => header.Key).Where(name => name.StartsWith(Impersonation, StringComparison.OrdinalIgnoreCase)).ToList())
            headers.Remove(name);
        headers.Host = destination.Host;
        if (httpContext.Connection.RemoteIpAddress is { } client)
            headers.TryAddWithoutValidation("X-Forwarded-For", client.ToString());
        Replace("X-Forwarded-Host", httpContext.Request.Host.ToString());
        Replace("X-Forwarded-Proto", httpContext.Request.Scheme);
        Replace("X-Forwarded-Uri", httpContext.Request.GetEncodedPathAndQuery());

        void Replace(string name, string value)
        {
            headers.Remove(name);
            headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var hasBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
            return hasBody;
        foreach (var name in CrossOriginHeaders)
            httpContext.Response.Headers.Remove(name);
        if (proxyResponse.Headers.Location is { } location)
            httpContext.Response.Headers.Location = Relocate(location.OriginalString);
        var encoding = string.Join(',', proxyResponse.Content.Headers.ContentEncoding);
        if (!hasBody || proxyResponse.Content.Headers.ContentType?.MediaType != "text/html" || !HtmlLinks.Reads(encoding))
            return hasBody;

        // An answer without a body keeps the length that a body would have.
        if (!HttpMethods.IsHead(httpContext.Request.Method) && proxyResponse.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified))
        {
            httpContext.Response.Headers.ContentLength = null;
            try
            {
                await using var page = await proxyResponse.Content.ReadAsStreamAsync(cancellationToken);
                await new HtmlLinks(Relocate).CopyAsync(page, encoding, httpContext.Response.Body, cancellationToken);
            }
            catch (Exception broken) when (httpContext.Response.HasStarted && (broken is IOException or OperationCanceledException or InvalidDataException))
            {
                // One side has gone in the middle of the page: only a broken connection can tell that the rest is missing.
                httpContext.Abort();
            }
        }

        return false;
    }

    /// <summary>What follows so many parts of the path as it was sent; null if the server has changed more of the path than its
    /// encoding.</summary>
    private string? RawPathAfter(int parts)
    {
        var raw = request.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!raw.StartsWith('/') || raw.Contains("/.", StringComparison.Ordinal) || raw.Contains("%2e", StringComparison.OrdinalIgnoreCase))
            return null;
        var path = raw.AsSpan();
        if (path.IndexOf('?') is var end and >= 0)
            path = path[..end];
        var start = 0;
        for (; parts > 0 && start >= 0; parts--)
            start = path[(start + 1)..].IndexOf('/') is var next and >= 0 ? start + 1 + next : -1;
        return start >= 0 ? path[start..].ToString() : null;
    }

    /// <summary>
    /// A link within the destination leads through the proxy again; one that does so already stays. A server that knows under which name it
    /// is asked may make links with that name: they keep it.
    /// </summary>
    private string Relocate(string link)
    {
        var origin = "";
        if (!link.StartsWith('/') || link.StartsWith("//", StringComparison.Ordinal))
        {
            if (!Uri.TryCreate(link.StartsWith('/') ? $"{destination.Scheme}:{link}" : link, UriKind.Absolute, out var absolute))
                return link;
            if (absolute.Authority == request.Http.Request.Host.Value)
                origin = link.StartsWith('/') ? "//" + absolute.Authority : absolute.GetLeftPart(UriPartial.Authority);
            else if (absolute.Authority != destination.Host)
                return link;
            link = absolute.PathAndQuery + absolute.Fragment;
        }

        var prefix = new PathString(request.Info.Path[..^request.Info.SubresourcePath.Length]).ToUriComponent();
        return origin + (link.StartsWith(prefix, StringComparison.Ordinal) ? link : prefix + link);
    }
}
