using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Model.Schemas;

/// <summary>Drops the fields that a schema does not know.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning</remarks>
public static class Pruning
{
    private static readonly string[] ResourceFields = ["apiVersion", "kind", "metadata"];

    /// <summary>Prunes a value in place.</summary>
    /// <param name="value">The value.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="isResource">Whether it is an object of Kubernetes, whose kind and metadata are known without being named.</param>
    public static void Prune(JsonNode? value, StructuralSchema schema, bool isResource = false)
    {
        if (value is JsonArray array && schema.Items is { } items)
        {
            foreach (var element in array)
                Prune(element, items);
        }
        else if (value is JsonObject obj)
        {
            PruneObject(obj, schema, isResource || schema.IsEmbeddedResource);
        }
    }

    private static void PruneObject(JsonObject obj, StructuralSchema schema, bool isResource)
    {
        List<string>? unknown = null;
        foreach (var (name, value) in obj)
        {
            if (isResource && ResourceFields.Contains(name))
                continue;
            if (schema.FieldOf(name) is { } field)
                Prune(value, field);
            else if (!schema.PreservesUnknownFields)
                (unknown ??= []).Add(name);
        }

        foreach (var name in unknown ?? [])
            obj.Remove(name);
    }
}
