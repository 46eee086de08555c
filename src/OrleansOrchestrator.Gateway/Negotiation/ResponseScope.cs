namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>In what forms a request can be answered.</summary>
/// <param name="HasViews">Whether there are tables and metadata of what it asks for.</param>
/// <param name="HasProtobuf">Whether what it asks for has a form in protobuf.</param>
/// <param name="HasAggregatedDiscovery">Whether it can be answered with aggregated discovery.</param>
internal readonly record struct ResponseScope(bool HasViews, bool HasProtobuf, bool HasAggregatedDiscovery)
{
    /// <summary>A failure, which can be told in any encoding.</summary>
    public static ResponseScope Status { get; } = new(HasViews: false, HasProtobuf: true, HasAggregatedDiscovery: false);
}
