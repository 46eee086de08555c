using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Schemas;

/// <summary>The rules that a schema has to follow to be structural: what each field is must be plain from the schema alone.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema</remarks>
internal static class SchemaRules
{
    private static readonly (string Field, string Fault)[] Unsupported =
    [
        ("$ref", "$ref is not supported"),
        ("definitions", "definitions is not supported"),
        ("dependencies", "dependencies is not supported"),
        ("patternProperties", "patternProperties is not supported"),
        ("additionalItems", "additionalItems is not supported"),
        ("id", "id is not supported"),
    ];

    /// <summary>Gathers the faults of a whole object's schema.</summary>
    public static void Validate(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        var type = schema.Text("type");
        if (type.Length == 0)
            errors.Required(path.Child("type"), "must not be empty at the root");
        else if (type != "object")
            errors.Invalid(path.Child("type"), type, "must be object at the root");
        if (schema.Flag("nullable"))
            errors.Forbidden(path.Child("nullable"), "nullable cannot be true at the root");
        if (schema.Object("properties") is { } properties && properties.Object("metadata") is { } metadata)
            ValidateMetadata(metadata, path.Child("properties").Key("metadata"), errors);
        ValidateNode(schema, path, "object", errors);
    }

    private static void ValidateMetadata(JsonElement metadata, FieldPath path, FieldErrors errors)
    {
        if (metadata.Text("type") is not ("object" or ""))
            errors.Invalid(path.Child("type"), metadata.Text("type"), "must be object");
        if (metadata.Map("properties").Any(property => property.Name is not ("name" or "generateName")))
            errors.Forbidden(path, "must not specify anything other than name and generateName, but metadata is implicitly specified");
    }

    private static void ValidateNode(JsonElement schema, FieldPath path, string within, FieldErrors errors)
    {
        ValidateType(schema, path, within, errors);
        foreach (var (field, fault) in Unsupported)
        {
            if (schema.Member(field).ValueKind != JsonValueKind.Undefined)
                errors.Forbidden(path.Child(field), fault);
        }

        if (schema.Flag("uniqueItems"))
            errors.Forbidden(path.Child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        if (schema.List("x-kubernetes-validations").Any())
        {
            errors.Forbidden(path.Child("x-kubernetes-validations"),
                "validation rules in the Common Expression Language are not supported by this server");
        }

        var pattern = schema.Text("pattern");
        if (pattern.Length > 0 && SchemaPattern.TryCompile(pattern) is null)
            errors.Invalid(path.Child("pattern"), pattern, "must be a valid regular expression, but isn't");
        ListShapeRules.Validate(schema, path, errors);
        ValidateDefault(schema, path, errors);
        JunctorRules.Validate(schema, path, errors);
        ValidateParts(schema, path, errors);
    }

    private static void ValidateType(JsonElement schema, FieldPath path, string within, FieldErrors errors)
    {
        var type = schema.Text("type");
        var isIntOrString = schema.Flag("x-kubernetes-int-or-string");
        if (type.Length == 0 && !isIntOrString && !schema.Flag("x-kubernetes-preserve-unknown-fields"))
            errors.Required(path.Child("type"), $"must not be empty for specified {within} {(within == "array" ? "items" : "fields")}");
        if (type.Length > 0 && isIntOrString)
            errors.Invalid(path.Child("type"), type, "must be empty if x-kubernetes-int-or-string is true");
        if (type is not ("" or "object" or "array" or "string" or "integer" or "number" or "boolean"))
            errors.NotSupported(path.Child("type"), type, "array", "boolean", "integer", "number", "object", "string");
        if (schema.Flag("x-kubernetes-embedded-resource"))
        {
            if (type != "object")
                errors.Invalid(path.Child("type"), type, "must be object if x-kubernetes-embedded-resource is true");
            if (!schema.Flag("x-kubernetes-preserve-unknown-fields") && !schema.Map("properties").Any())
            {
                errors.Required(path.Child("properties"),
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields");
            }
        }

        if (schema.Member("x-kubernetes-preserve-unknown-fields").ValueKind == JsonValueKind.False)
            errors.Invalid(path.Child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined");
    }

    private static void ValidateDefault(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        var given = schema.Member("default");
        if (given.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return;
        var value = JsonTree.Of(given);
        var structural = StructuralSchema.Read(schema);
        var pruned = value?.DeepClone();
        Pruning.Prune(pruned, structural);
        if (!JsonNode.DeepEquals(value, pruned))
            errors.Invalid(path.Child("default"), value, "must not have fields that the schema does not specify");
        SchemaValidation.Validate(value, structural, path.Child("default"), errors);
    }

    private static void ValidateParts(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        foreach (var property in schema.Map("properties"))
            ValidateNode(property.Value, path.Child("properties").Key(property.Name), "object", errors);
        if (schema.Object("additionalProperties") is { } additional)
        {
            if (schema.Map("properties").Any())
                errors.Forbidden(path.Child("additionalProperties"), "additionalProperties and properties are mutual exclusive");
            ValidateNode(additional, path.Child("additionalProperties"), "object", errors);
        }

        if (schema.Member("additionalProperties").ValueKind == JsonValueKind.False)
            errors.Forbidden(path.Child("additionalProperties"), "additionalProperties cannot be set to false");
        if (schema.Member("items").ValueKind == JsonValueKind.Array)
            errors.Forbidden(path.Child("items"), "items must be a schema object and not an array");
        else if (schema.Object("items") is { } element)
            ValidateNode(element, path.Child("items"), "array", errors);
        else if (schema.Text("type") == "array")
            errors.Required(path.Child("items"), "must be specified");
    }
}
