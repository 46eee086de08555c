using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>Tells the class of a request.</summary>
internal static class RequestClasses
{
    /// <summary>The class: what stays open, what only reads, and the rest.</summary>
    public static RequestClass Of(RequestInfo info)
    {
        if (info.IsLongRunning)
            return RequestClass.Stream;
        return info.IsReadOnly ? RequestClass.Read : RequestClass.Write;
    }
}
