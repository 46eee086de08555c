using System.Net;
using k8s.Models;

namespace OrleansOrchestrator.Node.Api;

/// <summary>An answer of the API server that is not a success, with the <c>metav1.Status</c> it carried if it had one.</summary>
internal sealed class ApiException(HttpStatusCode statusCode, V1Status? status, string message) : Exception(message)
{
    /// <summary>The HTTP status code; for an error inside a watch stream, the code of the Status object.</summary>
    public HttpStatusCode StatusCode { get; } = statusCode;

    /// <summary>The machine-readable reason, for example <c>AlreadyExists</c>.</summary>
    public string? Reason { get; } = status?.Reason;

    /// <summary>How long the server asks the client to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; } =
        status?.Details?.RetryAfterSeconds is int seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null;

    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;

    public bool IsConflict => StatusCode == HttpStatusCode.Conflict;

    /// <summary>The resource version asked for was compacted; only a new list helps.</summary>
    public bool IsGone => StatusCode == HttpStatusCode.Gone || Reason == "Expired";
}
