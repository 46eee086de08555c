using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Keeps a number of pods of one template running; the successor of the ReplicationController.</summary>
internal sealed class ReplicaSetKind : ResourceDefinition<V1ReplicaSet>
{
    public override string Group => "apps";

    public override string Kind => "ReplicaSet";

    public override string Plural => "replicasets";

    public override IReadOnlyList<string> ShortNames => ["rs"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("status.replicas", "0")];

    public override ScaleAccess Scale { get; } = new(
        obj => ((V1ReplicaSet)obj).Spec?.Replicas ?? 0,
        (obj, replicas) => ((V1ReplicaSet)obj).Spec.Replicas = replicas,
        obj => ((V1ReplicaSet)obj).Status?.Replicas ?? 0,
        obj => WorkloadRules.SelectorText(((V1ReplicaSet)obj).Spec?.Selector));

    protected override IReadOnlyList<TableColumn<V1ReplicaSet>> TypedColumns =>
    [
        TableColumn<V1ReplicaSet>.Name,
        TableColumn<V1ReplicaSet>.Of("Desired", set => set.Spec?.Replicas ?? 0, "integer"),
        TableColumn<V1ReplicaSet>.Of("Current", set => set.Status?.Replicas ?? 0, "integer"),
        TableColumn<V1ReplicaSet>.Of("Ready", set => set.Status?.ReadyReplicas ?? 0, "integer"),
        TableColumn<V1ReplicaSet>.Age,
        TableColumn<V1ReplicaSet>.Of("Containers", set => ContainerCells.Names(set.Spec?.Template), priority: 1),
        TableColumn<V1ReplicaSet>.Of("Images", set => ContainerCells.Images(set.Spec?.Template), priority: 1),
        TableColumn<V1ReplicaSet>.Of("Selector", set => SelectorCells.Of(set.Spec?.Selector), priority: 1),
    ];

    protected override void ApplyDefaults(V1ReplicaSet obj)
    {
        var spec = obj.Spec ??= new V1ReplicaSetSpec();
        spec.Replicas ??= 1;
        spec.Template = PodTemplateRules.WithDefaults(spec.Template);
    }

    protected override void PrepareForCreate(V1ReplicaSet obj) => obj.Status = new V1ReplicaSetStatus();

    protected override void AddWarnings(V1ReplicaSet set, V1ReplicaSet? current, List<string> warnings)
    {
        if (current is null)
            PodWarnings.AddName(set.Metadata, "Pod names and hostnames", warnings);
        PodWarnings.AddTemplate(set, current, set.Spec?.Template, FieldPath.Spec.Child("template"), warnings);
    }

    protected override void Validate(V1ReplicaSet obj, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        NumberRules.ValidateNotNegative(obj.Spec?.Replicas, path.Child("replicas"), errors);
        NumberRules.ValidateNotNegative(obj.Spec?.MinReadySeconds, path.Child("minReadySeconds"), errors);
        // Kubernetes' message names Deployments here, which create most ReplicaSets.
        WorkloadRules.ValidateSelector(obj.Spec?.Selector, "deployment", path.Child("selector"), errors);
        WorkloadRules.ValidateTemplate(obj.Spec?.Template, obj.Spec?.Selector, "ReplicaSet", path.Child("template"), errors);
    }

    protected override void ValidateUpdate(V1ReplicaSet updated, V1ReplicaSet current, FieldErrors errors)
    {
        Validate(updated, errors);
        ImmutableRules.Validate(updated.Spec?.Selector, current.Spec?.Selector, FieldPath.Spec.Child("selector"), errors);
    }

    protected override void ValidateStatusUpdate(V1ReplicaSet updated, V1ReplicaSet current, FieldErrors errors)
    {
        var (path, status) = (FieldPath.Status, updated.Status ?? new V1ReplicaSetStatus());
        NumberRules.ValidateNotNegative(status.Replicas, path.Child("replicas"), errors);
        NumberRules.ValidateNotNegative(status.FullyLabeledReplicas, path.Child("fullyLabeledReplicas"), errors);
        NumberRules.ValidateNotNegative(status.ReadyReplicas, path.Child("readyReplicas"), errors);
        NumberRules.ValidateNotNegative(status.AvailableReplicas, path.Child("availableReplicas"), errors);
        NumberRules.ValidateNotNegative(status.ObservedGeneration, path.Child("observedGeneration"), errors);
        WorkloadRules.ValidatePart(status.FullyLabeledReplicas, "fullyLabeledReplicas", status.Replicas, errors);
        WorkloadRules.ValidatePart(status.ReadyReplicas, "readyReplicas", status.Replicas, errors);
        WorkloadRules.ValidatePart(status.AvailableReplicas, "availableReplicas", status.Replicas, errors);
        if (status.AvailableReplicas > (status.ReadyReplicas ?? 0))
            errors.Invalid(path.Child("availableReplicas"), status.AvailableReplicas, "cannot be greater than readyReplicas");
    }
}
