using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves one subresource of the kinds that have it.</summary>
internal interface ISubresourceEndpoint
{
    /// <summary>Its name, as in <c>status</c>.</summary>
    string Name { get; }

    /// <summary>Whether a kind has it.</summary>
    bool Serves(ResourceDefinition definition);

    /// <summary>Serves a request.</summary>
    Task HandleAsync(ApiRequest request);
}
