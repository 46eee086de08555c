using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>A custom resource's schema in a form ready for use: fields, defaults and restrictions. Immutable.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema</remarks>
public sealed class StructuralSchema
{
    private static readonly StructuralSchema[] None = [];

    /// <summary>A schema that accepts and keeps everything.</summary>
    public static StructuralSchema Anything { get; } = Read(JsonDocument.Parse("""{"x-kubernetes-preserve-unknown-fields":true}""").RootElement);

    /// <summary>The JSON type: object, array, string, integer, number, boolean; empty if the schema has none.</summary>
    public string Type { get; private init; } = "";

    /// <summary>The format; empty for none.</summary>
    public string Format { get; private init; } = "";

    /// <summary>Whether null is allowed.</summary>
    public bool Nullable { get; private init; }

    /// <summary>The schemas of named fields.</summary>
    public FrozenDictionary<string, StructuralSchema> Properties { get; private init; } = FrozenDictionary<string, StructuralSchema>.Empty;

    /// <summary>The schema of all other fields; null if none are allowed, or anything is.</summary>
    public StructuralSchema? AdditionalProperties { get; private init; }

    /// <summary>Whether other fields are allowed with any value.</summary>
    public bool AllowsAnyProperties { get; private init; }

    /// <summary>The schema of a list's elements.</summary>
    public StructuralSchema? Items { get; private init; }

    /// <summary>Whether undeclared fields are kept.</summary>
    public bool PreservesUnknownFields { get; private init; }

    /// <summary>Whether this is a whole Kubernetes object inside another one.</summary>
    public bool IsEmbeddedResource { get; private init; }

    /// <summary>Whether both integers and strings are allowed.</summary>
    public bool IsIntOrString { get; private init; }

    /// <summary>The default for a missing field; null for none.</summary>
    public JsonNode? Default { get; private init; }

    /// <summary>How a list is merged: <c>atomic</c>, <c>set</c>, <c>map</c>.</summary>
    public string ListType { get; private init; } = "atomic";

    /// <summary>The key fields of a list of type <c>map</c>.</summary>
    public IReadOnlyList<string> ListMapKeys { get; private init; } = [];

    /// <summary>How an object is merged: <c>granular</c> or <c>atomic</c>.</summary>
    public string MapType { get; private init; } = "granular";

    internal IReadOnlyList<string> Required { get; private init; } = [];

    internal IReadOnlyList<JsonNode?> Enum { get; private init; } = [];

    internal string PatternText { get; private init; } = "";

    internal Regex? Pattern { get; private init; }

    internal double? Minimum { get; private init; }

    internal double? Maximum { get; private init; }

    internal bool ExclusiveMinimum { get; private init; }

    internal bool ExclusiveMaximum { get; private init; }

    internal double? MultipleOf { get; private init; }

    internal long? MinLength { get; private init; }

    internal long? MaxLength { get; private init; }

    internal long? MinItems { get; private init; }

    internal long? MaxItems { get; private init; }

    internal long? MinProperties { get; private init; }

    internal long? MaxProperties { get; private init; }

    internal IReadOnlyList<StructuralSchema> AllOf { get; private init; } = None;

    internal IReadOnlyList<StructuralSchema> AnyOf { get; private init; } = None;

    internal IReadOnlyList<StructuralSchema> OneOf { get; private init; } = None;

    internal StructuralSchema? Not { get; private init; }

    /// <summary>Whether there are defaults anywhere below.</summary>
    internal bool HasDefaults { get; private init; }

    /// <summary>Whether there are embedded objects anywhere below.</summary>
    internal bool HasEmbeddedResources { get; private init; }

    /// <summary>The schema of a field; null if it is unknown.</summary>
    public StructuralSchema? FieldOf(string name) =>
        Properties.TryGetValue(name, out var property) ? property : AdditionalProperties ?? (AllowsAnyProperties ? Anything : null);

    /// <summary>Reads a schema. Parts of an unexpected type count as absent; <see cref="SchemaRules"/> reports them.</summary>
    public static StructuralSchema Read(JsonElement json)
    {
        var properties = json.Map("properties").ToFrozenDictionary(entry => entry.Name, entry => Read(entry.Value), StringComparer.Ordinal);
        var additional = json.Object("additionalProperties") is { } schema ? Read(schema) : null;
        var items = json.Object("items") is { } element ? Read(element) : null;
        var pattern = json.Text("pattern");
        var ownDefault = json.Member("default") is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value ? LenientJson.Of(value) : null;
        return new StructuralSchema
        {
            Type = json.Text("type"),
            Format = json.Text("format"),
            Nullable = json.Flag("nullable"),
            Properties = properties,
            AdditionalProperties = additional,
            AllowsAnyProperties = json.Flag("additionalProperties"),
            Items = items,
            PreservesUnknownFields = json.Flag("x-kubernetes-preserve-unknown-fields"),
            IsEmbeddedResource = json.Flag("x-kubernetes-embedded-resource"),
            IsIntOrString = json.Flag("x-kubernetes-int-or-string"),
            Default = ownDefault,
            ListType = json.Text("x-kubernetes-list-type", "atomic"),
            ListMapKeys = json.Texts("x-kubernetes-list-map-keys"),
            MapType = json.Text("x-kubernetes-map-type", "granular"),
            Required = json.Texts("required"),
            Enum = [.. json.List("enum").Select(LenientJson.Of)],
            PatternText = pattern,
            Pattern = pattern.Length == 0 ? null : SchemaPattern.TryCompile(pattern),
            Minimum = json.Number("minimum"),
            Maximum = json.Number("maximum"),
            ExclusiveMinimum = json.Flag("exclusiveMinimum"),
            ExclusiveMaximum = json.Flag("exclusiveMaximum"),
            MultipleOf = json.Number("multipleOf"),
            MinLength = json.Integer("minLength"),
            MaxLength = json.Integer("maxLength"),
            MinItems = json.Integer("minItems"),
            MaxItems = json.Integer("maxItems"),
            MinProperties = json.Integer("minProperties"),
            MaxProperties = json.Integer("maxProperties"),
            AllOf = [.. json.List("allOf").Select(Read)],
            AnyOf = [.. json.List("anyOf").Select(Read)],
            OneOf = [.. json.List("oneOf").Select(Read)],
            Not = json.Object("not") is { } not ? Read(not) : null,
            HasEmbeddedResources = json.Flag("x-kubernetes-embedded-resource") || properties.Values.Any(property => property.HasEmbeddedResources)
                || additional is { HasEmbeddedResources: true } || items is { HasEmbeddedResources: true },
            HasDefaults = ownDefault is not null || properties.Values.Any(property => property.HasDefaults)
                || additional is { HasDefaults: true } || items is { HasDefaults: true },
        };
    }
}
