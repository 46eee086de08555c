using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;

namespace OrleansOrchestrator.Model.CustomResources;

/// <summary>An object of a custom resource: metadata as all objects have it, and a JSON document for the rest.</summary>
[JsonConverter(typeof(CustomObjectConverter))]
public sealed class CustomObject : KubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; set; }

    /// <inheritdoc/>
    public string? Kind { get; set; }

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; set; } = null!;

    /// <summary>All other fields.</summary>
    public JsonObject Content { get; set; } = [];

    /// <summary>The version in which a body was sent, whose schema it has to fit; null for an object from the store.</summary>
    internal CustomVersion? SentAs { get; set; }

    /// <summary>A field of the content; null if it is missing.</summary>
    public JsonNode? this[string field] => Content[field];
}
