using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Validates pod failure policies.</summary>
internal static class PodFailurePolicyValidation
{
    private const int RulesMax = 20;
    private const int ExitCodesMax = 255;
    private const int ConditionsMax = 20;
    private const string FailIndex = "FailIndex";

    private static readonly string[] Actions = ["Count", FailIndex, "FailJob", "Ignore"];
    private static readonly string[] Operators = ["In", "NotIn"];
    private static readonly string[] Statuses = ["False", "True", "Unknown"];

    public static void Validate(V1JobSpec spec, FieldPath path, FieldErrors errors)
    {
        var rules = spec.PodFailurePolicy.Rules.OrNone();
        if (rules.Count > RulesMax)
            errors.TooMany(path.Child("rules"), rules.Count, RulesMax);
        var containers = (spec.Template?.Spec?.Containers).OrNone().Concat((spec.Template?.Spec?.InitContainers).OrNone())
            .Select(container => container.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < rules.Count; i++)
            ValidateRule(spec, rules[i], containers, path.Child("rules").Index(i), errors);
    }

    private static void ValidateRule(
        V1JobSpec spec, V1PodFailurePolicyRule rule, HashSet<string> containers, FieldPath path, FieldErrors errors)
    {
        ValidateChoice(rule.Action, Actions, path.Child("action"), errors);
        if (rule.Action == FailIndex && spec.BackoffLimitPerIndex is null)
            errors.Invalid(path.Child("action"), rule.Action, "requires the backoffLimitPerIndex to be set");
        var conditions = rule.OnPodConditions.OrNone();
        if (rule.OnExitCodes is { } codes)
            ValidateExitCodes(codes, containers, path.Child("onExitCodes"), errors);
        ValidateConditions(conditions, path.Child("onPodConditions"), errors);
        if (rule.OnExitCodes is not null && conditions.Count > 0)
            errors.InvalidAsWhole(path, "specifying both OnExitCodes and OnPodConditions is not supported");
        if (rule.OnExitCodes is null && conditions.Count == 0)
            errors.InvalidAsWhole(path, "specifying one of OnExitCodes and OnPodConditions is required");
    }

    private static void ValidateExitCodes(
        V1PodFailurePolicyOnExitCodesRequirement codes, HashSet<string> containers, FieldPath path, FieldErrors errors)
    {
        ValidateChoice(codes.OperatorProperty, Operators, path.Child("operator"), errors);
        if (codes.ContainerName is { } name && !containers.Contains(name))
            errors.Invalid(path.Child("containerName"), name, "must be one of the container or initContainer names in the pod template");
        var (values, at) = (codes.Values ?? [], path.Child("values"));
        if (values.Count == 0)
            errors.Invalid(at, values, "at least one value is required");
        else if (values.Count > ExitCodesMax)
            errors.TooMany(at, values.Count, ExitCodesMax);
        var seen = new HashSet<int>();
        for (var i = 0; i < values.Count; i++)
        {
            if (codes.OperatorProperty == "In" && values[i] == 0)
                errors.Invalid(at.Index(i), 0, "must not be 0 for the In operator");
            if (!seen.Add(values[i]))
                errors.Duplicate(at.Index(i), values[i]);
        }

        if (!values.SequenceEqual(values.Order()))
            errors.Invalid(at, values, "must be ordered");
    }

    private static void ValidateConditions(IList<V1PodFailurePolicyOnPodConditionsPattern> patterns, FieldPath path, FieldErrors errors)
    {
        if (patterns.Count > ConditionsMax)
            errors.TooMany(path, patterns.Count, ConditionsMax);
        for (var i = 0; i < patterns.Count; i++)
        {
            errors.Invalid(path.Index(i).Child("type"), patterns[i].Type ?? "", NameRules.IsQualifiedName(patterns[i].Type ?? ""));
            ValidateChoice(patterns[i].Status, Statuses, path.Index(i).Child("status"), errors);
        }
    }

    private static void ValidateChoice(string? value, string[] choices, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(value))
            errors.Required(path, $"valid values: [{string.Join(' ', choices.Select(choice => $"\"{choice}\""))}]");
        else
            ChoiceRules.ValidateOptional(value, choices, path, errors);
    }
}
