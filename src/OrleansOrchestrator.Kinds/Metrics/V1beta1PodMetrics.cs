using System.Text.Json.Serialization;
using k8s.Models;

namespace OrleansOrchestrator.Kinds.Metrics;

/// <summary>What the containers of a pod use. The package's model lacks kind and version.</summary>
public sealed class V1beta1PodMetrics : PodMetrics, KubeObject
{
    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string? ApiVersion { get; set; }

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string? Kind { get; set; }
}
