using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Answers the POSTs of one resource that is not stored.</summary>
internal interface IReviewEndpoint
{
    /// <summary>The resource.</summary>
    ComputedResource Resource { get; }

    /// <summary>Answers a POST.</summary>
    Task HandleAsync(ApiRequest request);
}
