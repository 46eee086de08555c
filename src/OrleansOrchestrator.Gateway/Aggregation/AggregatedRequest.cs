using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Gateway.Requests;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>One request on its way to an aggregated server, with the path that was authorized, and its answer on the way back.</summary>
/// <param name="request">The request.</param>
/// <param name="server">The server.</param>
/// <param name="destination">Where it listens.</param>
/// <param name="limit">Gives up on a server that does not answer. An answer that has begun may take its time.</param>
internal sealed class AggregatedRequest(ApiRequest request, AggregatedServer server, ProxyDestination destination, CancellationTokenSource limit) : HttpTransformer
{
    /// <summary>Whether the server has answered with a redirect, which is not passed on: it would lead the client, with its credentials, to
    /// wherever the server likes.</summary>
    public bool IsRedirected { get; private set; }

    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Options.Set(ProxyDestination.Key, destination);
        proxyRequest.RequestUri = new Uri(destinationPrefix.TrimEnd('/') + PassedTarget.OfParsed(httpContext.Request));
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
        if (proxyResponse is not null)
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
        IsRedirected = proxyResponse is { Headers.Location: not null, StatusCode: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest };
        if (IsRedirected)
            return false;

        // What both servers say of an answer, the one says that made it.
        foreach (var header in proxyResponse?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            httpContext.Response.Headers.Remove(header.Key);
        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }
}
