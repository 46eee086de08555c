using System.Text.Json;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Within <c>allOf</c>, <c>anyOf</c>, <c>oneOf</c> and <c>not</c> a schema may restrict values, but not declare fields.</summary>
internal static class JunctorRules
{
    private static readonly (string Field, string Fault)[] Forbidden =
    [
        ("type", "must be empty to be structural"),
        ("additionalProperties", "must be undefined to be structural"),
        ("default", "must be undefined to be structural"),
        ("title", "must be empty to be structural"),
        ("description", "must be empty to be structural"),
        ("nullable", "must be false to be structural"),
        ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
        ("x-kubernetes-embedded-resource", "must be false to be structural"),
        ("x-kubernetes-int-or-string", "must be false to be structural"),
        ("x-kubernetes-list-map-keys", "must be empty to be structural"),
        ("x-kubernetes-list-type", "must be undefined to be structural"),
        ("x-kubernetes-map-type", "must be undefined to be structural"),
    ];

    /// <summary>Validates the joined schemas of a node.</summary>
    public static void Validate(JsonElement schema, FieldPath path, FieldErrors errors) =>
        ValidateJunctors(schema, new Counterpart(schema, path), path, schema.Flag("x-kubernetes-int-or-string"), errors);

    /// <summary>The schema outside of junctors for the place of a part.</summary>
    /// <param name="Schema">The schema of the place; null if there is none.</param>
    /// <param name="Path">The path of the place.</param>
    /// <param name="IsCertain">Whether the part holds in any case: validation rules are allowed only there.</param>
    private readonly record struct Counterpart(JsonElement? Schema, FieldPath Path, bool IsCertain = true)
    {
        public Counterpart Property(string name) =>
            this with { Schema = Schema?.Object("properties")?.Object(name), Path = Path.Child("properties").Key(name) };

        public Counterpart Items() => this with { Schema = Schema?.Object("items"), Path = Path.Child("items") };
    }

    private static void ValidateJunctors(JsonElement schema, Counterpart whole, FieldPath path, bool mayDeclareIntOrString, FieldErrors errors)
    {
        var uncertain = whole with { IsCertain = false };

        // Authors may spell out int-or-string again: in anyOf, or in the first part of allOf.
        var anyOf = schema.List("anyOf").ToList();
        if (!mayDeclareIntOrString || !IsIntOrString(anyOf))
            ValidateParts(anyOf, uncertain, path.Child("anyOf"), errors);
        var allOf = schema.List("allOf").ToList();
        for (var i = 0; i < allOf.Count; i++)
            ValidatePart(allOf[i], whole, path.Child("allOf").Index(i), mayDeclareIntOrString && i == 0, errors);
        ValidateParts([.. schema.List("oneOf")], uncertain, path.Child("oneOf"), errors);
        if (schema.Object("not") is { } not)
            ValidatePart(not, uncertain, path.Child("not"), mayDeclareIntOrString: false, errors);
    }

    private static bool IsIntOrString(List<JsonElement> parts) =>
        parts is [var first, var second] && IsType(first, "integer") && IsType(second, "string");

    private static bool IsType(JsonElement part, string type) =>
        part.ValueKind == JsonValueKind.Object && part.EnumerateObject().Count() == 1 && part.Text("type") == type;

    private static void ValidateParts(List<JsonElement> parts, Counterpart whole, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < parts.Count; i++)
            ValidatePart(parts[i], whole, path.Index(i), mayDeclareIntOrString: false, errors);
    }

    private static void ValidatePart(JsonElement part, Counterpart whole, FieldPath path, bool mayDeclareIntOrString, FieldErrors errors)
    {
        if (whole.Schema is null)
        {
            errors.Required(whole.Path, $"because it is defined in {path}");
            return;
        }

        foreach (var (field, fault) in Forbidden)
        {
            if (part.Member(field).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.False or JsonValueKind.Null))
                errors.Forbidden(path.Child(field), fault);
        }

        if (whole.IsCertain)
            SchemaRules.RefuseRules(part, path, errors);
        else if (SchemaRules.HasRules(part))
            errors.Forbidden(path.Child(SchemaRules.RulesField), "must be empty to be structural");
        SchemaRules.ValidatePattern(part, path, errors);
        foreach (var property in part.Map("properties"))
        {
            var at = path.Child("properties").Key(property.Name);
            if (property.Name == "metadata")
                errors.Forbidden(at, "must not be specified in a nested context");
            ValidatePart(property.Value, whole.Property(property.Name), at, mayDeclareIntOrString: false, errors);
        }

        if (part.Object("items") is { } items)
            ValidatePart(items, whole.Items(), path.Child("items"), mayDeclareIntOrString: false, errors);
        ValidateJunctors(part, whole, path, mayDeclareIntOrString, errors);
    }
}
