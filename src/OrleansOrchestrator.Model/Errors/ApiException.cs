using k8s.Models;

namespace OrleansOrchestrator.Model.Errors;

/// <summary>A failed request with the <c>metav1.Status</c> for its sender.</summary>
/// <remarks>The reasons and texts are those of k8s.io/apimachinery/pkg/api/errors; clients branch on them.</remarks>
public sealed class ApiException(V1Status status) : Exception(status.Message)
{
    /// <summary>The status for the sender.</summary>
    public V1Status Status { get; } = status;

    /// <summary>The HTTP status code.</summary>
    public int Code => Status.Code ?? 500;

    /// <summary>The machine-readable reason, such as <c>NotFound</c>.</summary>
    public string Reason => Status.Reason ?? "";
}
