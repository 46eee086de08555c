using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Gateway.Requests;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>One request on its way to an aggregated server, with its path as it is, and its answer on the way back.</summary>
internal sealed class AggregatedRequest(ApiRequest request, AggregatedServer server, ProxyDestination destination) : HttpTransformer
{
    /// <summary>Whether the server has answered with a redirect, which is not passed on: it would lead the client, with its credentials, to
    /// wherever the server likes.</summary>
    public bool IsRedirected { get; private set; }

    /// <summary>The path and query as the client has written them, as long as they mean what was authorized.</summary>
    private string Target
    {
        get
        {
            var http = request.Http;
            var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            return raw.StartsWith('/') && !raw.Contains("/.", StringComparison.Ordinal) && !raw.Contains("%2e", StringComparison.OrdinalIgnoreCase)
                ? raw
                : http.Request.Path.ToUriComponent() + http.Request.QueryString;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Options.Set(ProxyDestination.Key, destination);
        proxyRequest.RequestUri = new Uri(destinationPrefix.TrimEnd('/') + Target);
        var headers = proxyRequest.Headers;
        RemoteUser.Set(headers, request.User);
        headers.Host = server.HostName;
        if (httpContext.Connection.RemoteIpAddress is { } client)
            headers.TryAddWithoutValidation("X-Forwarded-For", client.ToString());
        headers.Remove("X-Forwarded-Uri");
        headers.TryAddWithoutValidation("X-Forwarded-Uri", httpContext.Request.GetEncodedPathAndQuery());
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        IsRedirected = proxyResponse is { Headers.Location: not null, StatusCode: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest };
        if (IsRedirected)
            return false;

        // What both servers say of an answer, the one says that made it.
        foreach (var header in proxyResponse?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            httpContext.Response.Headers.Remove(header.Key);
        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }
}
