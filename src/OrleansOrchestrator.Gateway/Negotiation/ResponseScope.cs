namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>The formats in which a request can be answered.</summary>
/// <param name="HasViews">Whether it has tables and partial metadata.</param>
/// <param name="HasProtobuf">Whether it has a protobuf message.</param>
/// <param name="HasAggregatedDiscovery">Whether it can be answered with aggregated discovery.</param>
internal readonly record struct ResponseScope(bool HasViews, bool HasProtobuf, bool HasAggregatedDiscovery)
{
    /// <summary>A failure, which has all encodings.</summary>
    public static ResponseScope Status { get; } = new(HasViews: false, HasProtobuf: true, HasAggregatedDiscovery: false);
}
