using System.Text.Json;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>The rules of <c>x-kubernetes-list-type</c> and <c>x-kubernetes-map-type</c>.</summary>
internal static class ListShapeRules
{
    private const string ListTypeField = "x-kubernetes-list-type";
    private const string KeysField = "x-kubernetes-list-map-keys";
    private const string MapTypeField = "x-kubernetes-map-type";

    /// <summary>Validates a node.</summary>
    public static void Validate(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        var mapType = schema.Text(MapTypeField);
        if (mapType is not ("" or "granular" or "atomic"))
            errors.NotSupported(path.Child(MapTypeField), mapType, "atomic", "granular");
        else if (mapType.Length > 0 && schema.Text("type") != "object")
            errors.Invalid(path.Child("type"), schema.Text("type"), $"must be object if {MapTypeField} is specified");

        var listType = schema.Text(ListTypeField);
        var keys = schema.Texts(KeysField);
        if (listType is not ("" or "atomic" or "set" or "map"))
            errors.NotSupported(path.Child(ListTypeField), listType, "atomic", "map", "set");
        else if (listType.Length > 0 && schema.Text("type") != "array")
            errors.Invalid(path.Child("type"), schema.Text("type"), $"must be array if {ListTypeField} is specified");
        if (keys.Count > 0 && listType != "map")
            errors.Invalid(path.Child(ListTypeField), listType, $"must be map if {KeysField} is non-empty");
        if (listType == "map")
            ValidateKeys(schema, keys, path, errors);
        if (listType == "set" && schema.Object("items") is { } items && IsGranular(items))
            errors.Invalid(path.Child("items"), items.Text("type"), "items of sets must be scalars, or atomic lists or maps");
    }

    private static void ValidateKeys(JsonElement schema, IReadOnlyList<string> keys, FieldPath path, FieldErrors errors)
    {
        if (keys.Count == 0)
            errors.Required(path.Child(KeysField), $"must not be empty if {ListTypeField} is map");
        if (schema.Object("items") is not { } items)
            return;
        if (items.Text("type") != "object")
            errors.Invalid(path.Child("items").Child("type"), items.Text("type"), $"must be object if parent array's {ListTypeField} is map");
        var required = items.Texts("required");
        for (var i = 0; i < keys.Count; i++)
        {
            if (items.Object("properties")?.Object(keys[i]) is not { } key)
                errors.Invalid(path.Child(KeysField).Index(i), keys[i], "entries must all be names of item properties");
            else if (key.Text("type") is "array" or "object")
                errors.Invalid(path.Child("items").Child("properties").Key(keys[i]).Child("type"), key.Text("type"), $"must be a scalar type if parent array's {ListTypeField} is map");
            else if (!required.Contains(keys[i]) && key.Member("default").ValueKind == JsonValueKind.Undefined)
                errors.Required(path.Child("items").Child("properties").Key(keys[i]).Child("default"), $"this property is in {KeysField}, so it must have a default or be a required property");
        }
    }

    private static bool IsGranular(JsonElement items) => items.Text("type") switch
    {
        "object" => items.Text(MapTypeField) != "atomic",
        "array" => items.Text(ListTypeField) is not ("" or "atomic"),
        _ => false,
    };
}
