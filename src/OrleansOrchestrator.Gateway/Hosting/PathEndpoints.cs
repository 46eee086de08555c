using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>Finds the endpoint of a path that is not a resource.</summary>
internal sealed class PathEndpoints(IEnumerable<IPathEndpoint> endpoints)
{
    private readonly IPathEndpoint[] _endpoints = [.. endpoints];

    /// <summary>Serves a request.</summary>
    /// <exception cref="ApiException">404: there is no endpoint; 405: the request is not a read.</exception>
    public Task HandleAsync(ApiRequest request)
    {
        foreach (var endpoint in _endpoints)
        {
            if (!endpoint.Serves(request.Info.Path))
                continue;
            return request.Info.IsReadOnly ? endpoint.HandleAsync(request) : throw ApiErrors.MethodNotAllowed();
        }

        throw ApiErrors.NoSuchPath();
    }
}
