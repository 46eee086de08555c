using System.Collections.Frozen;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Finds the endpoint of a resource that is not stored.</summary>
internal sealed class ReviewEndpoints(IEnumerable<IReviewEndpoint> endpoints)
{
    private readonly FrozenDictionary<(string Group, string Version, string Plural), IReviewEndpoint> _endpoints =
        endpoints.ToFrozenDictionary(endpoint => (endpoint.Resource.Group, endpoint.Resource.Version, endpoint.Resource.Plural));

    /// <summary>Whether a resource has such an endpoint.</summary>
    public bool Has(RequestInfo info) => _endpoints.ContainsKey((info.Group, info.Version, info.Resource));

    /// <summary>Serves a request for a resource that no kind declares.</summary>
    /// <exception cref="ApiException">404: nothing is served there; 405: it only takes POST.</exception>
    public Task HandleAsync(ApiRequest request)
    {
        var info = request.Info;
        if (!_endpoints.TryGetValue((info.Group, info.Version, info.Resource), out var endpoint)
            || info.Subresource.Length > 0
            || endpoint.Resource.Namespaced != info.Namespace.Length > 0)
        {
            throw ApiErrors.NoSuchPath();
        }

        if (info.Verb != Verbs.Create || info.Name.Length > 0)
            throw ApiErrors.MethodNotAllowed();
        _ = request.Format;
        return endpoint.HandleAsync(request);
    }
}
