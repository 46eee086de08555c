using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Documents.Schemas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.ApiExtensions;

/// <summary>Validates one version of a custom kind.</summary>
internal static class VersionValidation
{
    private const int SelectableFieldsMax = 8;
    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    public static void Validate(V1CustomResourceDefinitionVersion version, FieldPath path, FieldErrors errors)
    {
        errors.Invalid(path.Child("name"), version.Name ?? "", NameRules.IsDns1035Label(version.Name ?? ""));
        if (version.DeprecationWarning is not null && version.Deprecated is not true)
            errors.Invalid(path.Child("deprecationWarning"), version.DeprecationWarning, "can only be set for deprecated versions");
        ValidateSubresources(version.Subresources, path.Child("subresources"), errors);
        for (var i = 0; i < version.AdditionalPrinterColumns?.Count; i++)
            ValidateColumn(version.AdditionalPrinterColumns[i], path.Child("additionalPrinterColumns").Index(i), errors);

        var schemaPath = path.Child("schema").Child("openAPIV3Schema");
        if (version.Schema?.OpenAPIV3Schema is not { } given)
        {
            errors.Required(schemaPath, "schemas are required");
            return;
        }

        var json = JsonSerializer.SerializeToElement(given, ObjectCodec.Options);
        SchemaRules.Validate(json, schemaPath, errors);
        ValidateSelectableFields(version, StructuralSchema.Read(json), path.Child("selectableFields"), errors);
    }

    private static void ValidateSubresources(V1CustomResourceSubresources? subresources, FieldPath path, FieldErrors errors)
    {
        if (subresources?.Scale is not { } scale)
            return;
        var at = path.Child("scale");
        ValidatePath(scale.SpecReplicasPath, [".spec."], "should be a json path under .spec", at.Child("specReplicasPath"), errors);
        ValidatePath(scale.StatusReplicasPath, [".status."], "should be a json path under .status", at.Child("statusReplicasPath"), errors);
        if (!string.IsNullOrEmpty(scale.LabelSelectorPath))
        {
            ValidatePath(scale.LabelSelectorPath, [".spec.", ".status."], "should be a json path under either .spec or .status",
                at.Child("labelSelectorPath"), errors);
        }
    }

    private static void ValidatePath(string? value, string[] prefixes, string rule, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(value))
            errors.Required(path);
        else if (value.Contains('[', StringComparison.Ordinal))
            errors.Invalid(path, value, "array notation is not allowed");
        else if (!prefixes.Any(prefix => value.StartsWith(prefix, StringComparison.Ordinal)) || value.EndsWith('.'))
            errors.Invalid(path, value, rule);
    }

    private static void ValidateColumn(V1CustomResourceColumnDefinition column, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(column.Name))
            errors.Required(path.Child("name"));
        if (string.IsNullOrEmpty(column.Type))
            errors.Required(path.Child("type"), $"must be one of {string.Join(',', ColumnTypes)}");
        else if (!ColumnTypes.Contains(column.Type))
            errors.Invalid(path.Child("type"), column.Type, $"must be one of {string.Join(',', ColumnTypes)}");
        if (!string.IsNullOrEmpty(column.Format) && !ColumnFormats.Contains(column.Format))
            errors.Invalid(path.Child("format"), column.Format, $"must be one of {string.Join(',', ColumnFormats)}");
        if (string.IsNullOrEmpty(column.JsonPath))
            errors.Required(path.Child("jsonPath"));
        else if (!column.JsonPath.StartsWith('.') || JsonPathExpression.TryParse(column.JsonPath) is null)
            errors.Invalid(path.Child("jsonPath"), column.JsonPath, "must be a valid path that starts with a dot");
    }

    private static void ValidateSelectableFields(
        V1CustomResourceDefinitionVersion version, StructuralSchema schema, FieldPath path, FieldErrors errors)
    {
        var fields = version.SelectableFields ?? [];
        if (fields.Count > SelectableFieldsMax)
            errors.TooMany(path, fields.Count, SelectableFieldsMax);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++)
        {
            var at = path.Index(i).Child("jsonPath");
            var field = fields[i].JsonPath;
            if (string.IsNullOrEmpty(field))
                errors.Required(at);
            else if (!seen.Add(field))
                errors.Duplicate(at, field);
            else if (field.StartsWith(".metadata.", StringComparison.Ordinal))
                errors.Invalid(at, field, "must not point to fields in metadata");
            else if (TypeAt(schema, field) is not ("string" or "boolean" or "integer"))
                errors.Invalid(at, field, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.");
        }
    }

    private static string TypeAt(StructuralSchema schema, string path)
    {
        if (!path.StartsWith('.'))
            return "";
        StructuralSchema? at = schema;
        foreach (var segment in path[1..].Split('.'))
            at = at?.Properties.GetValueOrDefault(segment);
        return at?.Type ?? "";
    }
}
