using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>Validates the terms that say in which topology segments volumes may be created.</summary>
internal static class TopologyValidation
{
    public static void Validate(IList<V1TopologySelectorTerm> terms, FieldPath path, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < terms.Count; i++)
        {
            var at = path.Index(i).Child("matchLabelExpressions");
            var expressions = terms[i].MatchLabelExpressions.OrNone();
            ValidateTerm(expressions, at, errors);
            if (!seen.Add(string.Join(';', expressions.Select(TextOf).Order(StringComparer.Ordinal))))
                errors.Duplicate(at, "");
        }
    }

    private static void ValidateTerm(IList<V1TopologySelectorLabelRequirement> expressions, FieldPath path, FieldErrors errors)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < expressions.Count; i++)
        {
            var (expression, at) = (expressions[i], path.Index(i));
            var values = expression.Values.OrNone();
            if (values.Count == 0)
                errors.Required(at.Child("values"));
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var j = 0; j < values.Count; j++)
            {
                if (!seen.Add(values[j] ?? ""))
                    errors.Duplicate(at.Child("values").Index(j), values[j]);
            }

            errors.Invalid(at.Child("key"), expression.Key ?? "", NameRules.IsQualifiedName(expression.Key ?? ""));
            if (!keys.Add(expression.Key ?? ""))
                errors.Duplicate(at.Child("key"), expression.Key);
        }
    }

    private static string TextOf(V1TopologySelectorLabelRequirement expression) =>
        $"{expression.Key}={string.Join(',', expression.Values.OrNone().Order(StringComparer.Ordinal))}";
}
