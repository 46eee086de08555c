using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Policy;

/// <summary>Limits how many of the selected pods may be down at a time because of evictions.</summary>
internal sealed class PodDisruptionBudgetKind : ResourceDefinition<V1PodDisruptionBudget>
{
    private static readonly string[] EvictionPolicies = ["AlwaysAllow", "IfHealthyBudget"];

    public override string Group => "policy";

    public override string Kind => "PodDisruptionBudget";

    public override string Plural => "poddisruptionbudgets";

    public override IReadOnlyList<string> ShortNames => ["pdb"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1PodDisruptionBudget>> TypedColumns =>
    [
        TableColumn<V1PodDisruptionBudget>.Name,
        TableColumn<V1PodDisruptionBudget>.Of("Min Available", budget => budget.Spec?.MinAvailable?.Value ?? "N/A"),
        TableColumn<V1PodDisruptionBudget>.Of("Max Unavailable", budget => budget.Spec?.MaxUnavailable?.Value ?? "N/A"),
        TableColumn<V1PodDisruptionBudget>.Of("Allowed Disruptions", budget => budget.Status?.DisruptionsAllowed ?? 0, "integer"),
        TableColumn<V1PodDisruptionBudget>.Age,
    ];

    protected override void PrepareForCreate(V1PodDisruptionBudget obj) => obj.Status = new V1PodDisruptionBudgetStatus
    {
        CurrentHealthy = 0,
        DesiredHealthy = 0,
        DisruptionsAllowed = 0,
        ExpectedPods = 0,
    };

    protected override void Validate(V1PodDisruptionBudget obj, FieldErrors errors)
    {
        var (path, spec) = (FieldPath.Spec, obj.Spec);
        if (spec is { MinAvailable: not null, MaxUnavailable: not null })
            errors.Invalid(path, spec, "minAvailable and maxUnavailable cannot be both set");
        ValidateAmount(spec?.MinAvailable, path.Child("minAvailable"), errors);
        ValidateAmount(spec?.MaxUnavailable, path.Child("maxUnavailable"), errors);
        LabelSelectorRules.Validate(spec?.Selector, path.Child("selector"), errors);
        ChoiceRules.ValidateOptional(spec?.UnhealthyPodEvictionPolicy, EvictionPolicies, path.Child("unhealthyPodEvictionPolicy"), errors);
    }

    protected override void ValidateStatusUpdate(V1PodDisruptionBudget updated, V1PodDisruptionBudget current, FieldErrors errors)
    {
        var (path, status) = (FieldPath.Status, updated.Status);
        NumberRules.ValidateNotNegative(status?.DisruptionsAllowed, path.Child("disruptionsAllowed"), errors);
        NumberRules.ValidateNotNegative(status?.CurrentHealthy, path.Child("currentHealthy"), errors);
        NumberRules.ValidateNotNegative(status?.DesiredHealthy, path.Child("desiredHealthy"), errors);
        NumberRules.ValidateNotNegative(status?.ExpectedPods, path.Child("expectedPods"), errors);
    }

    private static void ValidateAmount(IntOrString? amount, FieldPath path, FieldErrors errors)
    {
        IntOrPercentRules.Validate(amount, path, errors);
        IntOrPercentRules.ValidateAtMostAll(amount, path, errors);
    }
}
