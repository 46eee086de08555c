using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Proxying;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>
/// One request on its way to an endpoint: with the host, path and query that its client has sent, and headers that tell where it comes
/// from. What the client says there is replaced, because anybody may say anything.
/// </summary>
internal sealed class BackendRequest(BackendEndpoint endpoint) : HttpTransformer
{
    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var request = httpContext.Request;
        proxyRequest.Options.Set(BackendConnections.Endpoint, endpoint);
        proxyRequest.RequestUri = new Uri(destinationPrefix.TrimEnd('/') + PassedTarget.AsWritten(request));
        proxyRequest.Headers.Host = request.Host.HasValue ? request.Host.Value : null;
        Replace("Forwarded", null);
        Replace("X-Forwarded-For", httpContext.Connection.RemoteIpAddress is { } client ? (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client).ToString() : null);
        Replace("X-Forwarded-Host", request.Host.HasValue ? request.Host.Value : null);
        Replace("X-Forwarded-Proto", request.Scheme);

        void Replace(string name, string? value)
        {
            proxyRequest.Headers.Remove(name);
            if (value is not null)
                proxyRequest.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
