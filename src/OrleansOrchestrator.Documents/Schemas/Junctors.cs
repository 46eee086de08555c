using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>The junctors: allOf, anyOf, oneOf and not.</summary>
internal static class Junctors
{
    public static void Check(JsonNode value, StructuralSchema schema, SchemaPlace at)
    {
        foreach (var part in schema.AllOf)
            SchemaValidation.Validate(value, part, at.At, at.Errors);
        if (schema.AllOf.Count > 0 && !schema.AllOf.All(part => SchemaValidation.IsValid(value, part, at.At)))
            at.Broken(value, "must validate all the schemas (allOf)");

        if (schema.AnyOf.Count > 0 && !schema.AnyOf.Any(part => SchemaValidation.IsValid(value, part, at.At)))
            Explain(value, schema.AnyOf, at, "must validate at least one schema (anyOf)");

        if (schema.OneOf.Count > 0)
        {
            var valid = schema.OneOf.Count(part => SchemaValidation.IsValid(value, part, at.At));
            if (valid == 0)
                Explain(value, schema.OneOf, at, "must validate one and only one schema (oneOf). Found none valid");
            else if (valid > 1)
                at.Broken(value, $"must validate one and only one schema (oneOf). Found {valid} valid alternatives");
        }

        if (schema.Not is { } not && SchemaValidation.IsValid(value, not, at.At))
            at.Broken(value, "must not validate the schema (not)");
    }

    /// <summary>Reports that no alternative fits, and the faults of the first one that comes closest.</summary>
    private static void Explain(JsonNode value, IReadOnlyList<StructuralSchema> alternatives, SchemaPlace at, string rule)
    {
        at.Broken(value, rule);
        FieldErrors? best = null;
        foreach (var alternative in alternatives)
        {
            var errors = new FieldErrors();
            SchemaValidation.Validate(value, alternative, at.At, errors);
            if (best is null || errors.All.Count < best.All.Count)
                best = errors;
        }

        at.Errors.AddAll(best!);
    }
}
