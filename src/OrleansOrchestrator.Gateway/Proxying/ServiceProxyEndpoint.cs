using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Serves <c>services/proxy</c>: a ready endpoint of a service's port, any of them.</summary>
internal sealed class ServiceProxyEndpoint(RequestForwarder forwarder, ServiceEndpoints endpoints)
    : ProxyEndpoint(WellKnownResources.Services, "ServiceProxyOptions", forwarder)
{
    /// <inheritdoc/>
    protected override Task<ProxyDestination> ResolveAsync(ApiRequest request)
    {
        var (scheme, name, port) = ProxyTarget.Parse(request.Info.Name, "service");
        return endpoints.ResolveAsync(scheme, request.Info.Key with { Name = name }, port, request.Info.Name, request.Cancellation);
    }
}
