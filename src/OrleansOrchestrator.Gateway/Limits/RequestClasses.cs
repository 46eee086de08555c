using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>Determines the class of a request.</summary>
internal static class RequestClasses
{
    /// <summary>The class: long-running, read only, or anything else.</summary>
    public static RequestClass Of(RequestInfo info)
    {
        if (info.IsLongRunning)
            return RequestClass.Stream;
        return info.IsReadOnly ? RequestClass.Read : RequestClass.Write;
    }
}
