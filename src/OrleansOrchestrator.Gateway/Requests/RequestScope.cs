using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>In what forms requests can be answered, by what they ask for.</summary>
internal static class RequestScope
{
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

    private static bool HasMessage(RequestInfo info) => info.ServedVersion switch
    {
        // What is posted and not stored, and the scale of a custom object, are of kinds of the server's own.
        null => true,
        CustomVersion => info.Subresource == "scale",
        var form => ProtobufEncoder.Knows(form.ApiVersion, form.Definition.Kind),
    };
}
