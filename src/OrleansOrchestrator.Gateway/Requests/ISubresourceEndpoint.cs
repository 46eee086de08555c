namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Serves one subresource of the kinds that have it. Implementations are discovered in the assembly.</summary>
internal interface ISubresourceEndpoint
{
    /// <summary>The subresource's declaration. Requests that it does not allow never get here.</summary>
    SubresourceDeclaration Declaration { get; }

    /// <summary>Serves a request.</summary>
    Task HandleAsync(ApiRequest request);
}
