using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The possible formats of answers.</summary>
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

        // An answer that is not the whole object has neither columns nor metadata of its own.
        var hasViews = info.Definition is not null && (info.Subresource.Length == 0 || info.Declaration is { AnswersWithObject: true });
        return new ResponseScope(hasViews, HasMessage(info), HasAggregatedDiscovery: false);
    }

    private static bool HasMessage(RequestInfo info) => info.ServedVersion switch
    {
        // Posted kinds that are not stored, and the scale of a custom object, are the server's own kinds, which have protobuf messages.
        null => true,
        CustomVersion => info.Subresource == "scale",
        var form => ProtobufEncoder.Knows(form.ApiVersion, form.Definition.Kind),
    };
}
