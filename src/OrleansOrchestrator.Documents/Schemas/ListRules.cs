using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Sets have no element twice, and maps none of the same keys.</summary>
internal static class ListRules
{
    public static void CheckDuplicates(JsonArray array, StructuralSchema schema, SchemaPlace at)
    {
        if (schema.ListType is not ("set" or "map") || array.Count < 2)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < array.Count; i++)
        {
            var identity = schema.ListType == "set" ? array[i] : KeyFieldsOf(array[i], schema);
            if (!seen.Add(CanonicalText(identity)))
                at.Errors.Duplicate(at.Index(i), SchemaPlace.Shown(identity));
        }
    }

    /// <summary>The elements of a map by their keys; null if the list is none, so that nothing tells which element is which.</summary>
    public static Dictionary<string, JsonNode>? ElementsByKeys(JsonArray? array, StructuralSchema schema)
    {
        if (array is null || schema.ListType != "map")
            return null;
        var elements = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var element in array.OfType<JsonObject>())
            elements[KeysOf(element, schema)] = element;
        return elements;
    }

    /// <summary>What tells an element of a map from the others.</summary>
    public static string KeysOf(JsonNode? element, StructuralSchema schema) => CanonicalText(KeyFieldsOf(element, schema));

    private static JsonObject KeyFieldsOf(JsonNode? element, StructuralSchema schema)
    {
        var keys = new JsonObject();
        foreach (var key in schema.ListMapKeys.Order(StringComparer.Ordinal))
        {
            var value = element is JsonObject obj && obj.TryGetPropertyValue(key, out var given)
                ? given
                : schema.Items?.FieldOf(key)?.Default;
            if (value is not null)
                keys[key] = value.DeepClone();
        }

        return keys;
    }

    /// <summary>The same text for values that are equal: members in order.</summary>
    private static string CanonicalText(JsonNode? value) => value switch
    {
        JsonObject obj => $"{{{string.Join(',', obj.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{JsonValue.Create(entry.Key).ToJsonString()}:{CanonicalText(entry.Value)}"))}}}",
        JsonArray array => $"[{string.Join(',', array.Select(CanonicalText))}]",
        null => "null",
        _ => value.ToJsonString(),
    };
}
