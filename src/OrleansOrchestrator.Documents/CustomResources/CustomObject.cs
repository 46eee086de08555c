using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>An object of a custom resource: typed metadata, and a JSON document for the rest.</summary>
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

    /// <summary>The version in which a body was sent, whose schema it must satisfy; null for a stored object.</summary>
    internal CustomVersion? SentAs { get; set; }

    /// <summary>Decodes a later state of an object as the same type: a custom object keeps the version in which it was sent.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public static IKubernetesObject DecodeLike(IKubernetesObject earlier, ReadOnlySpan<byte> json)
    {
        var decoded = (IKubernetesObject)JsonSerializer.Deserialize(json, earlier.GetType(), ObjectCodec.Options)!;
        if (decoded is CustomObject custom)
            custom.SentAs = ((CustomObject)earlier).SentAs;
        return decoded;
    }

    /// <summary>A field of the content; null if it is missing.</summary>
    public JsonNode? this[string field] => Content[field];
}
