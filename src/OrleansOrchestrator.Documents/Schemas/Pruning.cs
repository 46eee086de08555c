using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Prunes fields that a schema does not know, and nulls that it does not allow.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning</remarks>
public static class Pruning
{
    private static readonly string[] ResourceFields = ["apiVersion", "kind", "metadata"];

    /// <summary>Prunes unknown fields in place.</summary>
    /// <param name="value">The value.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="isResource">Whether it is a Kubernetes object, whose apiVersion, kind and metadata are always known.</param>
    /// <returns>Whether it pruned any.</returns>
    public static bool Prune(JsonNode? value, StructuralSchema schema, bool isResource = false)
    {
        var isChanged = false;
        if (value is JsonArray array && schema.Items is { } items)
        {
            foreach (var element in array)
                isChanged |= Prune(element, items);
        }
        else if (value is JsonObject obj)
        {
            isChanged = PruneObject(obj, schema, isResource || schema.IsEmbeddedResource);
        }

        return isChanged;
    }

    /// <summary>Prunes members that are null where the schema neither allows null nor has a default.</summary>
    /// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable</remarks>
    /// <returns>Whether it pruned any.</returns>
    public static bool PruneNulls(JsonNode? value, StructuralSchema schema)
    {
        var isChanged = false;
        if (value is JsonArray array && schema.Items is { } items)
        {
            foreach (var element in array)
                isChanged |= PruneNulls(element, items);
        }
        else if (value is JsonObject obj)
        {
            foreach (var (name, member) in obj.ToList())
            {
                if ((schema.Properties.GetValueOrDefault(name) ?? schema.AdditionalProperties) is not { } field)
                    continue;
                if (member is null && !field.Nullable && field.Default is null)
                    isChanged |= obj.Remove(name);
                else
                    isChanged |= PruneNulls(member, field);
            }
        }

        return isChanged;
    }

    private static bool PruneObject(JsonObject obj, StructuralSchema schema, bool isResource)
    {
        var isChanged = false;
        List<string>? unknown = null;
        foreach (var (name, value) in obj)
        {
            if (isResource && ResourceFields.Contains(name))
                continue;
            if (schema.FieldOf(name) is { } field)
                isChanged |= Prune(value, field);
            else if (!schema.PreservesUnknownFields)
                (unknown ??= []).Add(name);
        }

        foreach (var name in unknown ?? [])
            isChanged |= obj.Remove(name);
        return isChanged;
    }
}
