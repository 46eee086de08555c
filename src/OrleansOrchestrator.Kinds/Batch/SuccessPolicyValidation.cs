using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates success policies of indexed Jobs.</summary>
internal static class SuccessPolicyValidation
{
    private const int RulesMax = 20;
    private const int IndexesBytesMax = 64 * 1024;

    public static void Validate(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.CompletionMode != JobValidation.Indexed)
        {
            errors.Invalid(path, spec.SuccessPolicy, "requires indexed completion mode");
            return;
        }

        var (rules, at) = (spec.SuccessPolicy.Rules.OrNone(), path.Child("rules"));
        if (rules.Count == 0)
            errors.Required(at, "at least one rules must be specified when the successPolicy is specified");
        if (rules.Count > RulesMax)
            errors.TooMany(at, rules.Count, RulesMax);
        for (var i = 0; i < rules.Count; i++)
            ValidateRule(rules[i], spec.Completions ?? 0, at.Index(i), errors);
    }

    private static void ValidateRule(V1SuccessPolicyRule rule, int completions, FieldPath path, FieldErrors errors)
    {
        if (rule.SucceededCount is null && rule.SucceededIndexes is null)
            errors.Required(path, "at least one of succeededCount or succeededIndexes must be specified");
        var total = 0;
        if (rule.SucceededIndexes is { } indexes)
        {
            if (indexes.Length > IndexesBytesMax)
                errors.TooLong(path.Child("succeededIndexes"), IndexesBytesMax);
            if (JobIndexes.FaultOf(indexes, completions, out total) is { } fault)
                errors.Invalid(path.Child("succeededIndexes"), indexes, $"error parsing succeededIndexes: {fault}");
        }

        if (rule.SucceededCount is not { } count)
            return;
        var at = path.Child("succeededCount");
        NumberRules.ValidateNotNegative(count, at, errors);
        if (count > completions)
            errors.Invalid(at, count, Text($"must be less than or equal to {completions} (the number of specified completions)"));
        if (rule.SucceededIndexes is not null && count > total)
            errors.Invalid(at, count, Text($"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
