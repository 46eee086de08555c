using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>An apply configuration, parsed and checked once, however often the apply is attempted.</summary>
public sealed class ApplyConfiguration
{
    private ApplyConfiguration(JsonElement root, FieldSet fields)
    {
        Root = root;
        Fields = fields;
        var metadata = root.TryGetProperty("metadata"u8, out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        Name = TextOf(metadata, "name"u8);
        Namespace = TextOf(metadata, "namespace"u8);
        Uid = TextOf(metadata, "uid"u8);
    }

    /// <summary>The object's name; null if it has none.</summary>
    public string? Name { get; }

    /// <summary>The object's namespace; null if it has none.</summary>
    public string? Namespace { get; }

    /// <summary>The uid of the intended object; null if it has none.</summary>
    public string? Uid { get; }

    /// <summary>The fields of the configuration.</summary>
    public FieldSet Fields { get; }

    internal JsonElement Root { get; }

    /// <summary>Parses a configuration.</summary>
    /// <param name="served">The version of the configuration.</param>
    /// <param name="json">The configuration as JSON.</param>
    /// <exception cref="ApiException">400: it is malformed, of another kind or version, or contains managed fields. 500, as in
    /// Kubernetes: it has unknown fields, or list elements with equal keys.</exception>
    public static ApplyConfiguration Read(ServedVersion served, ReadOnlySpan<byte> json)
    {
        JsonElement root;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
            root = JsonElement.ParseValue(ref reader);
        }
        catch (JsonException malformed)
        {
            throw ApiErrors.BadRequest($"error decoding patch: {malformed.Message}");
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw ApiErrors.BadRequest("error decoding patch: the configuration must be an object");
        CheckKind(served, root);
        var faults = new List<string>();
        var configuration = new ApplyConfiguration(root, new FieldSetReader(faults).Read(root, ModelFieldSchemas.Of(served)));
        return faults.Count == 0 ? configuration : throw Untyped(served, configuration, faults);
    }

    private static void CheckKind(ServedVersion served, JsonElement root)
    {
        var version = TextOf(root, "apiVersion"u8) ?? "";
        var kind = TextOf(root, "kind"u8) ?? "";
        if (kind.Length == 0)
            throw ApiErrors.BadRequest("Object 'Kind' is missing in the applied configuration");
        if (version != served.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"Incorrect version specified in apply patch. Specified patch version: {version}, expected: {served.ApiVersion}");
        }

        if (kind != served.Definition.Kind)
            throw ApiErrors.BadRequest($"the kind in the data ({kind}) does not match the expected kind ({served.Definition.Kind})");
        if (root.TryGetProperty("metadata"u8, out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && metadata.TryGetProperty("managedFields"u8, out var managed) && managed.ValueKind != JsonValueKind.Null)
        {
            throw ApiErrors.BadRequest("metadata.managedFields must be nil");
        }
    }

    private static ApiException Untyped(ServedVersion served, ApplyConfiguration configuration, List<string> faults)
    {
        var list = faults.Count == 1 ? faults[0] : $"errors:\n  {string.Join("\n  ", faults)}";
        var version = served.Group.Length == 0 ? "/" + served.Version : served.ApiVersion;
        return new ApiException(new V1Status
        {
            ApiVersion = "v1",
            Kind = "Status",
            Metadata = new V1ListMeta(),
            Status = "Failure",
            Message = $"failed to create typed patch object ({configuration.Namespace}/{configuration.Name}; {version}, Kind={served.Definition.Kind}): {list}",
            Code = 500,
        });
    }

    private static string? TextOf(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text ? text : null;
}
