using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>The uniqueness of the elements of sets, and of the keys of maps.</summary>
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

    /// <summary>The elements of a map list by their keys; null for other lists.</summary>
    public static Dictionary<string, JsonNode>? ElementsByKeys(JsonArray? array, StructuralSchema schema)
    {
        if (array is null || schema.ListType != "map")
            return null;
        var elements = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var element in array.OfType<JsonObject>())
            elements[KeysOf(element, schema)] = element;
        return elements;
    }

    /// <summary>The key of an element of a map list.</summary>
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

    /// <summary>A canonical text with ordered members: equal values have equal texts.</summary>
    private static string CanonicalText(JsonNode? value) => value switch
    {
        JsonObject obj => $"{{{string.Join(',', obj.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{JsonValue.Create(entry.Key).ToJsonString()}:{CanonicalText(entry.Value)}"))}}}",
        JsonArray array => $"[{string.Join(',', array.Select(CanonicalText))}]",
        null => "null",
        _ => value.ToJsonString(),
    };
}
