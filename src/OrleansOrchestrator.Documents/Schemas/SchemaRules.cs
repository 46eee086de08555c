using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>The rules of structural schemas: the type of each field must follow from the schema alone.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema</remarks>
public static class SchemaRules
{
    /// <summary>The field that holds validation rules.</summary>
    public const string RulesField = "x-kubernetes-validations";

    private const string EmbeddedField = "x-kubernetes-embedded-resource";
    private const string IntOrStringField = "x-kubernetes-int-or-string";
    private const string PreserveField = "x-kubernetes-preserve-unknown-fields";
    private static readonly string[] ResourceFields = ["apiVersion", "kind", "metadata"];

    private static readonly (string Field, string Fault)[] Unsupported =
    [
        ("$ref", "$ref is not supported"),
        ("definitions", "definitions is not supported"),
        ("dependencies", "dependencies is not supported"),
        ("patternProperties", "patternProperties is not supported"),
        ("additionalItems", "additionalItems is not supported"),
        ("id", "id is not supported"),
    ];

    /// <summary>Validates a whole object's schema.</summary>
    public static void Validate(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        if (schema.Flag("nullable"))
            errors.Forbidden(path.Child("nullable"), "nullable cannot be true at the root");
        if (schema.Text("type") is not ("" or "object") and var type)
            errors.Invalid(path.Child("type"), type, "must be object at the root");
        if (schema.Member("additionalProperties").ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            errors.Forbidden(path.Child("additionalProperties"), "must not be used at the root");
        if (schema.Object("properties")?.Object("metadata") is { } metadata)
            ValidateMetadata(metadata, path.Child("properties").Key("metadata"), errors);
        foreach (var field in ResourceFields)
        {
            if (schema.Object("properties")?.Object(field) is { } reserved)
                ForbidDefaults(reserved, path.Child("properties").Key(field), $"must not be set in top-level {field}", errors);
        }

        ValidateNode(schema, path, SchemaLevel.Root, errors);
    }

    /// <summary>Metadata is the same for every kind; a schema can only restrict names.</summary>
    private static void ValidateMetadata(JsonElement metadata, FieldPath path, FieldErrors errors)
    {
        var saysMore = metadata.EnumerateObject().Any(member => member.Name is not ("type" or "properties" or "default"))
            || metadata.Map("properties").Any(property => property.Name is not ("name" or "generateName"));
        if (saysMore)
            errors.Forbidden(path, "must not specify anything other than name and generateName, but metadata is implicitly specified");
    }

    private static void ForbidDefaults(JsonElement schema, FieldPath path, string fault, FieldErrors errors)
    {
        if (schema.Member("default").ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            errors.Forbidden(path.Child("default"), fault);
        foreach (var property in schema.Map("properties"))
            ForbidDefaults(property.Value, path.Child("properties").Key(property.Name), fault, errors);
    }

    private static void ValidateNode(JsonElement schema, FieldPath path, SchemaLevel level, FieldErrors errors)
    {
        ValidateType(schema, path, level, errors);
        if (level == SchemaLevel.Root || schema.Flag(EmbeddedField))
            ValidateResourceFields(schema, path, errors);
        foreach (var (field, fault) in Unsupported)
        {
            if (schema.Member(field).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
                errors.Forbidden(path.Child(field), fault);
        }

        if (schema.Flag("uniqueItems"))
            errors.Forbidden(path.Child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        RefuseRules(schema, path, errors);
        ValidatePattern(schema, path, errors);
        ListShapeRules.Validate(schema, path, errors);
        ValidateDefault(schema, path, errors);
        JunctorRules.Validate(schema, path, errors);
        ValidateParts(schema, path, errors);
    }

    /// <summary>Whether a part of a schema has validation rules.</summary>
    public static bool HasRules(JsonElement schema) => schema.List(RulesField).Any();

    /// <summary>Refuses validation rules, because nothing would evaluate them.</summary>
    public static void RefuseRules(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        if (HasRules(schema))
            errors.Forbidden(path.Child(RulesField), "validation rules in the Common Expression Language are not supported by this server");
    }

    /// <summary>Validates a pattern, which may occur in any part of a schema.</summary>
    public static void ValidatePattern(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        var pattern = schema.Text("pattern");
        if (pattern.Length > 0 && SchemaPattern.TryCompile(pattern) is null)
            errors.Invalid(path.Child("pattern"), pattern, "must be a valid regular expression, but isn't");
    }

    private static void ValidateType(JsonElement schema, FieldPath path, SchemaLevel level, FieldErrors errors)
    {
        var type = schema.Text("type");
        var (isIntOrString, preserves) = (schema.Flag(IntOrStringField), schema.Flag(PreserveField));
        if (schema.Flag(EmbeddedField) && type != "object")
        {
            if (type.Length == 0)
                errors.Required(path.Child("type"), $"must be object if {EmbeddedField} is true");
            else
                errors.Invalid(path.Child("type"), type, $"must be object if {EmbeddedField} is true");
        }
        else if (type.Length == 0 && !isIntOrString && !preserves)
        {
            errors.Required(path.Child("type"), level switch
            {
                SchemaLevel.Root => "must not be empty at the root",
                SchemaLevel.Item => "must not be empty for specified array items",
                _ => "must not be empty for specified object fields",
            });
        }

        if (type == "null")
            errors.Forbidden(path.Child("type"), "type cannot be set to null, use nullable as an alternative");
        else if (type is not ("" or "object" or "array" or "string" or "integer" or "number" or "boolean"))
            errors.NotSupported(path.Child("type"), type, "array", "boolean", "integer", "number", "object", "string");
        if (type.Length > 0 && isIntOrString)
            errors.Invalid(path.Child("type"), type, $"must be empty if {IntOrStringField} is true");
        if (isIntOrString && preserves)
            errors.Invalid(path.Child(PreserveField), true, $"must be false if {IntOrStringField} is true");
        if (isIntOrString && schema.Flag(EmbeddedField))
            errors.Invalid(path.Child(EmbeddedField), true, $"must be false if {IntOrStringField} is true");
        if (schema.Member(PreserveField).ValueKind == JsonValueKind.False)
            errors.Invalid(path.Child(PreserveField), false, "must be true or undefined");
    }

    /// <summary>The rules for the schema of a whole object: kind and version are strings, and metadata is an object.</summary>
    private static void ValidateResourceFields(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        foreach (var field in ResourceFields)
        {
            var wanted = field == "metadata" ? "object" : "string";
            if (schema.Object("properties")?.Object(field) is { } reserved && reserved.Text("type") != wanted)
                errors.Invalid(path.Child("properties").Key(field).Child("type"), reserved.Text("type"), $"must be {wanted}");
        }

        if (!schema.Flag(EmbeddedField))
            return;
        if (schema.Member("additionalProperties").ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            errors.Forbidden(path.Child("additionalProperties"), $"must not be used if {EmbeddedField} is set");
        if (!schema.Flag(PreserveField) && !schema.Map("properties").Any())
            errors.Required(path.Child("properties"), $"must not be empty if {EmbeddedField} is true without {PreserveField}");
    }

    private static void ValidateDefault(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        var given = schema.Member("default");
        if (given.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return;
        var value = LenientJson.Of(given);
        var structural = StructuralSchema.Read(schema);
        if (Pruning.Prune(value?.DeepClone(), structural))
            errors.Invalid(path.Child("default"), value, "must not have unknown fields");
        EmbeddedResources.Validate(value, structural, path.Child("default"), errors);
        SchemaValidation.Validate(value, structural, path.Child("default"), errors);
    }

    private static void ValidateParts(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        foreach (var property in schema.Map("properties"))
            ValidateNode(property.Value, path.Child("properties").Key(property.Name), SchemaLevel.Field, errors);
        if (schema.Object("additionalProperties") is { } additional)
        {
            if (schema.Map("properties").Any())
                errors.Forbidden(path.Child("additionalProperties"), "additionalProperties and properties are mutual exclusive");
            ValidateNode(additional, path.Child("additionalProperties"), SchemaLevel.Field, errors);
        }

        if (schema.Member("additionalProperties").ValueKind == JsonValueKind.False && schema.Map("properties").Any())
            errors.Forbidden(path.Child("additionalProperties"), "additionalProperties and properties are mutual exclusive");
        if (schema.Member("items").ValueKind == JsonValueKind.Array)
            errors.Forbidden(path.Child("items"), "items must be a schema object and not an array");
        else if (schema.Object("items") is { } element)
            ValidateNode(element, path.Child("items"), SchemaLevel.Item, errors);
        else if (schema.Text("type") == "array")
            errors.Required(path.Child("items"), "must be specified");
    }
}

/// <summary>The level of a node in a schema.</summary>
internal enum SchemaLevel
{
    /// <summary>The schema of a whole object.</summary>
    Root,

    /// <summary>The schema of a list's elements.</summary>
    Item,

    /// <summary>The schema of a field.</summary>
    Field,
}
