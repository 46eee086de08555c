using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.CustomResources;

namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>In what forms a request can be answered.</summary>
/// <param name="HasViews">Whether there are tables and metadata of what it asks for.</param>
/// <param name="HasProtobuf">Whether what it asks for has a form in protobuf.</param>
/// <param name="HasAggregatedDiscovery">Whether it can be answered with aggregated discovery.</param>
internal readonly record struct ResponseScope(bool HasViews, bool HasProtobuf, bool HasAggregatedDiscovery)
{
    /// <summary>A failure, which can be told in any encoding.</summary>
    public static ResponseScope Status { get; } = new(HasViews: false, HasProtobuf: true, HasAggregatedDiscovery: false);

    /// <summary>The scope of a request.</summary>
    public static ResponseScope Of(RequestInfo info)
    {
        if (!info.IsResource)
        {
            var isDiscovery = info.Path is "/api" or "/apis"
                || info.Path.StartsWith("/api/", StringComparison.Ordinal) || info.Path.StartsWith("/apis/", StringComparison.Ordinal);
            return new ResponseScope(HasViews: false, isDiscovery, isDiscovery);
        }

        // What a subresource answers that is no part of the object has neither columns nor metadata of its own.
        var hasViews = info.Definition is not null && (info.Subresource.Length == 0 || info.Declaration is { AnswersWithObject: true });
        return new ResponseScope(hasViews, HasMessage(info), HasAggregatedDiscovery: false);
    }

    private static bool HasMessage(RequestInfo info) => info.Form switch
    {
        // What is posted and not stored, and the scale of a custom object, are of kinds of the server's own.
        null => true,
        CustomVersion => info.Subresource == "scale",
        var form => ProtobufEncoder.Knows(form.ApiVersion, form.Definition.Kind),
    };
}
