using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.CustomResources;

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

    /// <summary>Reads an object of the type of another one, of which it is a later state: a custom object stays in the version in which it
    /// was sent.</summary>
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
