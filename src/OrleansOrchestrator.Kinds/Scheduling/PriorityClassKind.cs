using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Scheduling;

/// <summary>Names a priority of pods.</summary>
internal sealed class PriorityClassKind : ResourceDefinition<V1PriorityClass>
{
    private static readonly string[] PreemptionPolicies = ["Never", "PreemptLowerPriority"];

    public override string Group => "scheduling.k8s.io";

    public override string Kind => "PriorityClass";

    public override string Plural => "priorityclasses";

    public override IReadOnlyList<string> ShortNames => ["pc"];

    public override bool Namespaced => false;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1PriorityClass>> TypedColumns =>
    [
        TableColumn<V1PriorityClass>.Name,
        TableColumn<V1PriorityClass>.Of("Value", obj => obj.Value ?? 0, "integer"),
        TableColumn<V1PriorityClass>.Of("Global-Default", obj => obj.GlobalDefault ?? false, "boolean"),
        TableColumn<V1PriorityClass>.Age,
        TableColumn<V1PriorityClass>.Of("PreemptionPolicy", obj => obj.PreemptionPolicy ?? ""),
    ];

    protected override void ApplyDefaults(V1PriorityClass obj)
    {
        obj.Value ??= 0;
        obj.PreemptionPolicy ??= "PreemptLowerPriority";
    }

    protected override void Validate(V1PriorityClass obj, FieldErrors errors)
    {
        var name = obj.Metadata.Name ?? "";
        if (name.StartsWith(SystemPriorityClasses.Prefix, StringComparison.Ordinal))
        {
            if (SystemPriorityClasses.FaultOf(obj) is { } fault)
            {
                errors.Forbidden(FieldPath.Metadata.Child("name"),
                    $"priority class names with '{SystemPriorityClasses.Prefix}' prefix are reserved for system use only. error: {fault}");
            }
        }
        else if (obj.Value > SystemPriorityClasses.UserValueMax)
        {
            errors.Forbidden(FieldPath.Root("value"), string.Create(
                CultureInfo.InvariantCulture, $"maximum allowed value of a user defined priority is {SystemPriorityClasses.UserValueMax}"));
        }

        ChoiceRules.ValidateRequired(obj.PreemptionPolicy, PreemptionPolicies, FieldPath.Root("preemptionPolicy"), errors);
    }

    // Pods get the value of their class at creation, so it cannot change.
    protected override void ValidateUpdate(V1PriorityClass updated, V1PriorityClass current, FieldErrors errors)
    {
        if (updated.Value != current.Value)
            errors.Forbidden(FieldPath.Root("value"), "may not be changed in an update.");
        ImmutableRules.Validate(updated.PreemptionPolicy, current.PreemptionPolicy, FieldPath.Root("preemptionPolicy"), errors);
    }
}
