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
        foreach (var name in proxyRequest.Headers.NonValidated.Select(header => header.Key).Where(TellsOfClient).ToList())
            proxyRequest.Headers.Remove(name);
        var client = httpContext.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : httpContext.Connection.RemoteIpAddress;
        Add("X-Forwarded-For", client?.ToString());
        Add("X-Real-IP", client?.ToString());
        Add("X-Forwarded-Host", proxyRequest.Headers.Host);
        Add("X-Forwarded-Proto", request.Scheme);

        void Add(string name, string? value)
        {
            if (value is not null)
                proxyRequest.Headers.TryAddWithoutValidation(name, value);
        }
    }

    // Servers that make variables of headers, as those of CGI do, read an underscore as a hyphen.
    private static bool TellsOfClient(string name) => name.Replace('_', '-') is var read
        && (read.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase)
            || read.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
            || read.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase));
}
