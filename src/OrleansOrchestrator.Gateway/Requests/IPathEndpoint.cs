namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Serves paths that are not resources, such as <c>/version</c>; read only.</summary>
internal interface IPathEndpoint
{
    /// <summary>Whether it serves a path.</summary>
    bool Serves(string path);

    /// <summary>Serves a request.</summary>
    Task HandleAsync(ApiRequest request);
}
