using System.Net;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>Passes requests on to the servers that APIServices name.</summary>
internal sealed class AggregationProxy(AggregatedServers servers, ServerLocator locator, ServerConnections connections, RequestForwarder forwarder)
{
    private static readonly ForwarderRequestConfig Config = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,

        // As long as other connections may be silent.
        ActivityTimeout = TimeSpan.FromHours(4),
    };

    /// <summary>Finds the server that a request is for; null if it is for this one.</summary>
    /// <exception cref="ApiException">503: this silo does not know yet.</exception>
    public AggregatedServer? Find(RequestInfo info)
    {
        if (servers.Known is { } table)
            return table.Find(info);
        return ServerTable.MayHave(info) ? throw AggregatedServers.NotKnown() : null;
    }

    /// <summary>Passes a request on.</summary>
    /// <exception cref="ApiException">400: the server would read another path; 503: it is not available; 502: it answers with a redirect.</exception>
    public async Task ForwardAsync(ApiRequest request, AggregatedServer server)
    {
        if (PassedTarget.HasEncodedSlash(request.Http.Request))
            throw ApiErrors.BadRequest("the path may not contain an encoded slash");
        if (!server.IsAvailable)
            throw ApiErrors.ServiceUnavailable("service unavailable");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation);

        // Clients ask all servers what they have before they do anything, so that none may make them wait.
        if (!request.Info.IsResource)
            limit.CancelAfter(ServerLocator.DiscoveryWithin);
        try
        {
            var destination = await locator.ResolveAsync(server, limit.Token);
            var passed = new AggregatedRequest(request, server, destination, limit);
            await forwarder.ForwardAsync(request.Http, destination.Origin, connections[server.Trust], Config, passed, limit.Token);
            if (passed.IsRedirected)
                throw ApiErrors.BadGateway("the backend attempted to redirect this request, which is not permitted");
        }
        catch (OperationCanceledException) when (!request.Cancellation.IsCancellationRequested)
        {
            throw ApiErrors.ServiceUnavailable($"error trying to reach service: no answer within {ServerLocator.DiscoveryWithin.TotalSeconds} s");
        }
    }
}
