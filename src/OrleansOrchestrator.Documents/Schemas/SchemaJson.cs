using System.Text.Json;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Reads the members of a schema's JSON; missing ones and those of a wrong type count as absent.</summary>
internal static class SchemaJson
{
    public static string Text(this JsonElement json, string name, string fallback = "") =>
        Find(json, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : fallback;

    public static bool Flag(this JsonElement json, string name) => Find(json, name).ValueKind == JsonValueKind.True;

    public static double? Number(this JsonElement json, string name) =>
        Find(json, name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    public static long? Integer(this JsonElement json, string name) =>
        Find(json, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var integer) ? integer : null;

    public static JsonElement? Object(this JsonElement json, string name) =>
        Find(json, name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static IEnumerable<JsonProperty> Map(this JsonElement json, string name) =>
        Object(json, name) is { } value ? value.EnumerateObject() : [];

    public static IEnumerable<JsonElement> List(this JsonElement json, string name) =>
        Find(json, name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    public static IReadOnlyList<string> Texts(this JsonElement json, string name) =>
        [.. List(json, name).Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];

    /// <summary>A member; undefined if it is absent, or if this is no object.</summary>
    public static JsonElement Member(this JsonElement json, string name) => Find(json, name);

    private static JsonElement Find(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;
}
