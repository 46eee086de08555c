using System.Globalization;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>Finds where an aggregated server listens.</summary>
internal sealed class ServerLocator(ServiceEndpoints endpoints)
{
    /// <summary>How long a server may take to say what it has.</summary>
    public static readonly TimeSpan DiscoveryWithin = TimeSpan.FromSeconds(5);

    /// <summary>Chooses a ready endpoint of the server's service.</summary>
    /// <exception cref="ApiException">503: there is none.</exception>
    public async Task<ProxyDestination> ResolveAsync(AggregatedServer server, CancellationToken cancellationToken)
    {
        try
        {
            return await endpoints.ResolveAsync(
                Uri.UriSchemeHttps, server.Service, server.Port.ToString(CultureInfo.InvariantCulture), server.Service.Name, cancellationToken);
        }
        catch (ApiException missing) when (missing.Code is 400 or 404)
        {
            throw ApiErrors.ServiceUnavailable($"service unavailable: {missing.Message}");
        }
    }
}
