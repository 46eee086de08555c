using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Node;

/// <summary>A way in which nodes can run containers.</summary>
internal sealed class RuntimeClassKind : ResourceDefinition<V1RuntimeClass>
{
    public override string Group => "node.k8s.io";

    public override string Kind => "RuntimeClass";

    public override string Plural => "runtimeclasses";

    public override bool Namespaced => false;

    protected override IReadOnlyList<TableColumn<V1RuntimeClass>> TypedColumns =>
    [
        TableColumn<V1RuntimeClass>.Name,
        TableColumn<V1RuntimeClass>.Of("Handler", one => one.Handler ?? ""),
        TableColumn<V1RuntimeClass>.Age,
    ];

    protected override void AddWarnings(V1RuntimeClass runtime, V1RuntimeClass? current, List<string> warnings)
    {
        foreach (var key in (runtime.Scheduling?.NodeSelector).OrNone().Keys)
            NodeLabelWarnings.Add(key, "scheduling.nodeSelector", warnings);
    }

    protected override void Validate(V1RuntimeClass obj, FieldErrors errors)
    {
        errors.Invalid(FieldPath.Root("handler"), obj.Handler ?? "", NameRules.IsDns1123Label(obj.Handler ?? ""));
        if (obj.Overhead?.PodFixed is { } overhead)
            ResourceAmountRules.ValidateRequirements(new V1ResourceRequirements { Limits = overhead }, FieldPath.Root("overhead"), errors);
        ObjectMetaValidation.ValidateLabels(obj.Scheduling?.NodeSelector, FieldPath.Root("scheduling").Child("nodeSelector"), errors);
        TaintRules.ValidateTolerations(obj.Scheduling?.Tolerations, FieldPath.Root("scheduling").Child("tolerations"), errors);
    }

    protected override void ValidateUpdate(V1RuntimeClass updated, V1RuntimeClass current, FieldErrors errors)
    {
        if (updated.Handler != current.Handler)
            errors.Invalid(FieldPath.Root("handler"), updated.Handler ?? "", "field is immutable");
    }
}
