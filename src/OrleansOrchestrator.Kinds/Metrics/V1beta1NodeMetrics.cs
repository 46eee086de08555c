using System.Text.Json.Serialization;
using k8s.Models;

namespace OrleansOrchestrator.Kinds.Metrics;

/// <summary>What a node uses. The package's model lacks kind and version.</summary>
public sealed class V1beta1NodeMetrics : NodeMetrics, KubeObject
{
    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string? ApiVersion { get; set; }

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string? Kind { get; set; }
}
