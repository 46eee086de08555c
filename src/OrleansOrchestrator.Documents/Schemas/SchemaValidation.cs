using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Validates values against schemas, in Kubernetes' words.</summary>
/// <remarks>See k8s.io/kube-openapi/pkg/validation and k8s.io/apiextensions-apiserver/pkg/apiserver/validation.</remarks>
public static class SchemaValidation
{
    /// <summary>Validates a value and collects all faults.</summary>
    /// <param name="value">The value.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="path">Where it is; null for a whole object.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="current">The value that it replaces; null if there is none. Faults that this value already has are not
    /// reported.</param>
    public static void Validate(JsonNode? value, StructuralSchema schema, FieldPath? path, FieldErrors errors, JsonNode? current = null)
    {
        if (current is not null && JsonNode.DeepEquals(value, current))
            return;
        var at = new SchemaPlace(path, errors);
        if (value is null)
        {
            if (!schema.Nullable && schema.Type.Length > 0 && path is not null)
                at.WrongType("null", schema.IsIntOrString ? "integer,string" : schema.Type);
            return;
        }

        if (!HasType(value, schema, at))
            return;
        ValueRules.CheckEnum(value, schema, at);
        switch (value)
        {
            case JsonObject obj:
                ValidateObject(obj, current as JsonObject, schema, at);
                break;
            case JsonArray array:
                ValidateArray(array, current as JsonArray, schema, at);
                break;
            default:
                ValueRules.CheckScalar(value, schema, at);
                break;
        }

        Junctors.Check(value, schema, at);
    }

    /// <summary>Whether a value has no fault.</summary>
    internal static bool IsValid(JsonNode? value, StructuralSchema schema, FieldPath? path)
    {
        var errors = new FieldErrors();
        Validate(value, schema, path, errors);
        return errors.IsEmpty;
    }

    private static bool HasType(JsonNode value, StructuralSchema schema, SchemaPlace at)
    {
        var type = ValueRules.TypeOf(value);
        if (schema.IsIntOrString)
        {
            if (type is "integer" or "string")
                return true;
            at.WrongType(type, "integer,string");
            return false;
        }

        if (schema.Type.Length == 0 || schema.Type == type || (schema.Type == "number" && type == "integer"))
            return true;
        at.WrongType(type, schema.Type);
        return false;
    }

    private static void ValidateObject(JsonObject obj, JsonObject? current, StructuralSchema schema, SchemaPlace at)
    {
        foreach (var name in schema.Required)
        {
            if (!obj.ContainsKey(name))
                at.Errors.Required(at.Child(name));
        }

        if (schema.MaxProperties is { } max && obj.Count > max)
            at.Errors.TooMany(at.Path, obj.Count, (int)max);
        if (schema.MinProperties is { } min && obj.Count < min)
            at.Invalid(obj, $"should have at least {min} properties");
        var known = schema.MapType == "atomic" ? null : current;
        foreach (var (name, value) in obj)
        {
            if ((schema.Properties.GetValueOrDefault(name) ?? schema.AdditionalProperties) is { } field)
                Validate(value, field, at.Child(name), at.Errors, known?[name]);
        }
    }

    private static void ValidateArray(JsonArray array, JsonArray? current, StructuralSchema schema, SchemaPlace at)
    {
        if (schema.MaxItems is { } max && array.Count > max)
            at.Errors.TooMany(at.Path, array.Count, (int)max);
        if (schema.MinItems is { } min && array.Count < min)
            at.Invalid(array, $"should have at least {min} items");
        if (schema.Items is { } items)
        {
            var known = ListRules.ElementsByKeys(current, schema);
            for (var i = 0; i < array.Count; i++)
                Validate(array[i], items, at.Index(i), at.Errors, known?.GetValueOrDefault(ListRules.KeysOf(array[i], schema)));
        }

        ListRules.CheckDuplicates(array, schema, at);
    }
}
