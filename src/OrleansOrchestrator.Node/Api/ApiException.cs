using System.Net;
using k8s.Models;

namespace OrleansOrchestrator.Node.Api;

/// <summary>An unsuccessful answer of the API server, with its <c>metav1.Status</c> if it had one.</summary>
internal sealed class ApiException(HttpStatusCode statusCode, V1Status? status, string message) : Exception(message)
{
    /// <summary>The HTTP status code; for an error inside a watch stream, the code of the Status object.</summary>
    public HttpStatusCode StatusCode { get; } = statusCode;

    /// <summary>The machine-readable reason, for example <c>AlreadyExists</c>.</summary>
    public string? Reason { get; } = status?.Reason;

    /// <summary>The <c>Retry-After</c> of the answer.</summary>
    public TimeSpan? RetryAfter { get; } =
        status?.Details?.RetryAfterSeconds is int seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null;

    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;

    /// <summary>Whether the same request will be refused again until something changes.</summary>
    public bool IsRefusal => (int)StatusCode is >= 400 and < 500 and not 401 and not 408 and not 429;

    public bool IsConflict => StatusCode == HttpStatusCode.Conflict;

    /// <summary>Whether the requested resource version was compacted; only a new list helps.</summary>
    public bool IsGone => StatusCode == HttpStatusCode.Gone || Reason == "Expired";
}
