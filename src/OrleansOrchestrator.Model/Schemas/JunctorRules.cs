using System.Text.Json;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Schemas;

/// <summary>Within <c>allOf</c>, <c>anyOf</c>, <c>oneOf</c> and <c>not</c> a schema may say what values are allowed, but not what fields are.</summary>
internal static class JunctorRules
{
    private static readonly string[] Forbidden =
    [
        "type", "default", "title", "description", "nullable", "additionalProperties", "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
        "x-kubernetes-map-type", "x-kubernetes-validations",
    ];

    /// <summary>Gathers the faults of the schemas that are joined at a node.</summary>
    public static void Validate(JsonElement schema, FieldPath path, FieldErrors errors)
    {
        foreach (var junctor in (string[])["allOf", "anyOf", "oneOf"])
        {
            var index = 0;
            foreach (var part in schema.List(junctor))
                ValidatePart(part, schema, path.Child(junctor).Index(index++), errors);
        }

        if (schema.Object("not") is { } not)
            ValidatePart(not, schema, path.Child("not"), errors);
    }

    private static void ValidatePart(JsonElement part, JsonElement whole, FieldPath path, FieldErrors errors)
    {
        foreach (var field in Forbidden)
        {
            var isStated = part.Member(field).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.False or JsonValueKind.Null);
            // To say anew that something is an integer or a string is how its author spells it out.
            if (isStated && !(field == "type" && whole.Flag("x-kubernetes-int-or-string")))
                errors.Forbidden(path.Child(field), "must be empty to be structural");
        }

        foreach (var property in part.Map("properties"))
        {
            var at = path.Child("properties").Key(property.Name);
            var counterpart = whole.Object("properties")?.Object(property.Name) ?? whole.Object("additionalProperties");
            if (counterpart is null && !whole.Flag("x-kubernetes-preserve-unknown-fields"))
                errors.Required(at, "must be specified outside of the junctor to be structural");
            ValidatePart(property.Value, counterpart ?? default, at, errors);
        }

        if (part.Object("items") is { } items)
            ValidatePart(items, whole.Object("items") ?? default, path.Child("items"), errors);
        Validate(part, path, errors);
    }
}
