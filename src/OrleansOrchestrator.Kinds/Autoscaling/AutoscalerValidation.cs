using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>Validates autoscalers.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/autoscaling/validation; faults come in the same order.</remarks>
internal static class AutoscalerValidation
{
    private const int StabilizationSecondsMax = 3600;
    private const int PeriodSecondsMax = 1800;

    private static readonly string[] SelectPolicies = ["Disabled", "Max", "Min"];
    private static readonly string[] PolicyTypes = ["Percent", "Pods"];

    public static void Validate(V2HorizontalPodAutoscalerSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if (spec?.MinReplicas < 1)
            errors.Invalid(path.Child("minReplicas"), spec.MinReplicas, "must be greater than or equal to 1");
        if ((spec?.MaxReplicas ?? 0) < 1)
            errors.Invalid(path.Child("maxReplicas"), spec?.MaxReplicas ?? 0, "must be greater than 0");
        if (spec?.MaxReplicas < spec?.MinReplicas)
            errors.Invalid(path.Child("maxReplicas"), spec!.MaxReplicas, "must be greater than or equal to `minReplicas`");
        ValidateReference(spec?.ScaleTargetRef, path.Child("scaleTargetRef"), errors);
        var metrics = (spec?.Metrics).OrNone();
        for (var i = 0; i < metrics.Count; i++)
            MetricValidation.Validate(metrics[i], path.Child("metrics").Index(i), errors);
        if (spec?.Behavior?.ScaleUp is { } up)
            ValidateRules(up, path.Child("behavior").Child("scaleUp"), errors);
        if (spec?.Behavior?.ScaleDown is { } down)
            ValidateRules(down, path.Child("behavior").Child("scaleDown"), errors);
    }

    public static void ValidateReference(V2CrossVersionObjectReference? reference, FieldPath path, FieldErrors errors)
    {
        ReferenceRules.ValidateSegment(reference?.Kind, path.Child("kind"), errors);
        ReferenceRules.ValidateSegment(reference?.Name, path.Child("name"), errors);
    }

    private static void ValidateRules(V2HPAScalingRules rules, FieldPath path, FieldErrors errors)
    {
        var (window, at) = (rules.StabilizationWindowSeconds, path.Child("stabilizationWindowSeconds"));
        if (window < 0)
            errors.Invalid(at, window, "must be greater than or equal to zero");
        if (window > StabilizationSecondsMax)
            errors.Invalid(at, window, Text($"must be less than or equal to {StabilizationSecondsMax}"));
        if (rules.SelectPolicy is { } select && !SelectPolicies.Contains(select))
            errors.NotSupported(path.Child("selectPolicy"), select, SelectPolicies);
        if (rules.Tolerance is { } tolerance && Quantity.From(tolerance).Sign < 0)
            errors.Invalid(path.Child("tolerance"), Quantity.From(tolerance).ToString(), NumberRules.NotNegative);
        var policies = rules.Policies.OrNone();
        if (policies.Count == 0)
            errors.Required(path.Child("policies"), "must specify at least one Policy");
        for (var i = 0; i < policies.Count; i++)
            ValidatePolicy(policies[i], path.Child("policies").Index(i), errors);
    }

    private static void ValidatePolicy(V2HPAScalingPolicy policy, FieldPath path, FieldErrors errors)
    {
        if (!PolicyTypes.Contains(policy.Type))
            errors.NotSupported(path.Child("type"), policy.Type ?? "", PolicyTypes);
        if (policy.Value <= 0)
            errors.Invalid(path.Child("value"), policy.Value, "must be greater than zero");
        if (policy.PeriodSeconds <= 0)
            errors.Invalid(path.Child("periodSeconds"), policy.PeriodSeconds, "must be greater than zero");
        if (policy.PeriodSeconds > PeriodSecondsMax)
            errors.Invalid(path.Child("periodSeconds"), policy.PeriodSeconds, Text($"must be less than or equal to {PeriodSecondsMax}"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
