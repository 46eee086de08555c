using k8s.Models;

namespace OrleansOrchestrator.Model.Errors;

/// <summary>A request failed in a way that its sender is told about, as a <c>metav1.Status</c>.</summary>
/// <remarks>The reasons and texts are those of k8s.io/apimachinery/pkg/api/errors; clients branch on them.</remarks>
public sealed class ApiException(V1Status status) : Exception(status.Message)
{
    /// <summary>What is sent.</summary>
    public V1Status Status { get; } = status;

    /// <summary>The HTTP status code.</summary>
    public int Code => Status.Code ?? 500;

    /// <summary>The machine-readable reason, as in <c>NotFound</c>.</summary>
    public string Reason => Status.Reason ?? "";
}
