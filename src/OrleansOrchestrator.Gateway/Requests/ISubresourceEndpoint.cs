namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Serves one subresource of the kinds that have it. An implementation is found by itself.</summary>
internal interface ISubresourceEndpoint
{
    /// <summary>What it serves. Requests that do not fit it never get here.</summary>
    SubresourceDeclaration Declaration { get; }

    /// <summary>Serves a request.</summary>
    Task HandleAsync(ApiRequest request);
}
