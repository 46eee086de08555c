using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.Schemas;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>The field schemas of custom objects, derived from their structural schema.</summary>
internal static class CustomFieldSchemas
{
    /// <summary>The schema of a kind's objects.</summary>
    public static FieldSchema OfObjects(StructuralSchema schema) => FieldSchema.Object(
        [
            new SchemaField("apiVersion", static () => FieldSchema.Leaf, IsUnowned: true),
            new SchemaField("kind", static () => FieldSchema.Leaf, IsUnowned: true),
            new SchemaField("metadata", static () => ModelFieldSchemas.Metadata, FieldAbsence.EmptyObject),
            .. FieldsOf(schema).Where(field => field.Name is not ("apiVersion" or "kind" or "metadata")),
        ],
        OthersOf(schema));

    private static FieldSchema Of(StructuralSchema schema) => schema switch
    {
        { Type: "array", ListType: "set" } => FieldSchema.Set,
        { Type: "array", ListType: "map", Items: { } items } => FieldSchema.ListBy(Of(items), [.. schema.ListMapKeys.Select(key => KeyOf(items, key))]),
        { Type: "object", MapType: not "atomic" } => FieldSchema.Object([.. FieldsOf(schema)], OthersOf(schema)),
        { Type: "", PreservesUnknownFields: true } => FieldSchema.Deduced,
        _ => FieldSchema.Leaf,
    };

    private static IEnumerable<SchemaField> FieldsOf(StructuralSchema schema) =>
        schema.Properties.Select(property => new SchemaField(property.Key, () => Of(property.Value)));

    private static FieldSchema? OthersOf(StructuralSchema schema)
    {
        if (schema.AdditionalProperties is { } additional)
            return Of(additional);
        return schema.AllowsAnyProperties || schema.PreservesUnknownFields || schema.IsEmbeddedResource ? FieldSchema.Deduced : null;
    }

    private static ListKey KeyOf(StructuralSchema items, string key) => new(key, items.FieldOf(key)?.Default?.ToJsonString());
}
