using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Applies a schema's defaults. A default within an object applies only if the object exists.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting</remarks>
public static class Defaulting
{
    /// <summary>Applies defaults to a value in place.</summary>
    /// <returns>Whether anything was missing.</returns>
    public static bool Apply(JsonNode? value, StructuralSchema schema)
    {
        if (!schema.HasDefaults)
            return false;
        if (value is JsonArray array && schema.Items is { } items)
            return ApplyToElements(array, items);
        return value is JsonObject obj && ApplyToObject(obj, schema);
    }

    private static bool ApplyToElements(JsonArray array, StructuralSchema items)
    {
        var isChanged = false;
        for (var i = 0; i < array.Count; i++)
        {
            if (CountsAsMissing(array[i], items))
            {
                array[i] = items.Default!.DeepClone();
                isChanged = true;
            }

            isChanged |= Apply(array[i], items);
        }

        return isChanged;
    }

    private static bool ApplyToObject(JsonObject obj, StructuralSchema schema)
    {
        var isChanged = false;
        foreach (var (name, field) in schema.Properties)
        {
            if (field.Default is { } value && (!obj.TryGetPropertyValue(name, out var present) || CountsAsMissing(present, field)))
            {
                obj[name] = value.DeepClone();
                isChanged = true;
            }

            isChanged |= Apply(obj[name], field);
        }

        if (schema.AdditionalProperties is not { } additional)
            return isChanged;
        foreach (var name in obj.Select(entry => entry.Key).Where(name => !schema.Properties.ContainsKey(name)).ToList())
        {
            if (CountsAsMissing(obj[name], additional))
            {
                obj[name] = additional.Default!.DeepClone();
                isChanged = true;
            }

            isChanged |= Apply(obj[name], additional);
        }

        return isChanged;
    }

    /// <summary>Whether a null counts as missing: null is not allowed, and there is a default for it.</summary>
    private static bool CountsAsMissing(JsonNode? value, StructuralSchema schema) =>
        value is null && !schema.Nullable && schema.Default is not null;
}
