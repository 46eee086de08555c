using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>Keeps a number of pods of one template running.</summary>
internal sealed class ReplicationControllerKind : ResourceDefinition<V1ReplicationController>
{
    public override string Kind => "ReplicationController";

    public override string Plural => "replicationcontrollers";

    public override IReadOnlyList<string> ShortNames => ["rc"];

    public override IReadOnlyList<string> Categories => ["all"];

    // The default from before there was a garbage collector. Clients rely on it.
    public override DeletionPropagation DefaultPropagation => DeletionPropagation.Orphan;

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("status.replicas", "0")];

    public override ScaleAccess Scale { get; } = new(
        obj => ((V1ReplicationController)obj).Spec?.Replicas ?? 0,
        (obj, replicas) => ((V1ReplicationController)obj).Spec.Replicas = replicas,
        obj => ((V1ReplicationController)obj).Status?.Replicas ?? 0,
        obj => LabelSelector.FromMap(((V1ReplicationController)obj).Spec?.Selector).ToString());

    protected override IReadOnlyList<TableColumn<V1ReplicationController>> TypedColumns =>
    [
        TableColumn<V1ReplicationController>.Name,
        TableColumn<V1ReplicationController>.Of("Desired", rc => rc.Spec?.Replicas ?? 0, "integer"),
        TableColumn<V1ReplicationController>.Of("Current", rc => rc.Status?.Replicas ?? 0, "integer"),
        TableColumn<V1ReplicationController>.Of("Ready", rc => rc.Status?.ReadyReplicas ?? 0, "integer"),
        TableColumn<V1ReplicationController>.Age,
        TableColumn<V1ReplicationController>.Of("Containers", rc => ContainerCells.Names(rc.Spec?.Template), priority: 1),
        TableColumn<V1ReplicationController>.Of("Images", rc => ContainerCells.Images(rc.Spec?.Template), priority: 1),
        TableColumn<V1ReplicationController>.Of("Selector", rc => LabelSet.From(rc.Spec?.Selector).ToString(), priority: 1),
    ];

    protected override void ApplyDefaults(V1ReplicationController obj)
    {
        if (obj.Spec is not { } spec)
            return;
        spec.Replicas ??= 1;
        PodTemplateRules.ApplyDefaults(spec.Template);
        if (spec.Template?.Metadata?.Labels is not { } labels)
            return;
        if (spec.Selector.OrNone().Count == 0)
            spec.Selector = new Dictionary<string, string>(labels);
        if ((obj.Metadata.Labels).OrNone().Count == 0)
            obj.Metadata.Labels = new Dictionary<string, string>(labels);
    }

    protected override void PrepareForCreate(V1ReplicationController obj) => obj.Status = new V1ReplicationControllerStatus();

    protected override void AddWarnings(V1ReplicationController controller, V1ReplicationController? current, List<string> warnings)
    {
        if (current is null)
            PodWarnings.AddName(controller.Metadata, "Pod names and hostnames", warnings);
        PodWarnings.AddTemplate(controller, current, controller.Spec?.Template, FieldPath.Root("template"), warnings);
    }

    protected override void Validate(V1ReplicationController obj, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        NumberRules.ValidateNotNegative(obj.Spec?.MinReadySeconds, path.Child("minReadySeconds"), errors);
        if ((obj.Spec?.Selector).OrNone().Count == 0)
            errors.Required(path.Child("selector"));
        if (obj.Spec?.Replicas is null)
            errors.Required(path.Child("replicas"));
        else
            NumberRules.ValidateNotNegative(obj.Spec.Replicas, path.Child("replicas"), errors);
        ValidateTemplate(obj.Spec, path.Child("template"), errors);
    }

    protected override void ValidateStatusUpdate(V1ReplicationController updated, V1ReplicationController current, FieldErrors errors)
    {
        var path = FieldPath.Status;
        var status = updated.Status;
        NumberRules.ValidateNotNegative(status?.Replicas, path.Child("replicas"), errors);
        NumberRules.ValidateNotNegative(status?.ObservedGeneration, path.Child("observedGeneration"), errors);
        ValidatePart(status?.FullyLabeledReplicas, "fullyLabeledReplicas", status, errors);
        ValidatePart(status?.ReadyReplicas, "readyReplicas", status, errors);
        ValidatePart(status?.AvailableReplicas, "availableReplicas", status, errors);
        if (status?.AvailableReplicas > (status?.ReadyReplicas ?? 0))
            errors.Invalid(path.Child("availableReplicas"), status!.AvailableReplicas, "cannot be greater than readyReplicas");
    }

    private static void ValidateTemplate(V1ReplicationControllerSpec? spec, FieldPath path, FieldErrors errors)
    {
        if (spec?.Template is not { } template)
        {
            errors.Required(path);
            return;
        }

        if (spec.Selector is { Count: > 0 } selector && !LabelSelector.FromMap(selector).Matches(template.Metadata?.Labels))
        {
            errors.Invalid(path.Child("metadata").Child("labels"), template.Metadata?.Labels.OrNone() ?? new Dictionary<string, string>(),
                "`selector` does not match template `labels`");
        }

        PodTemplateRules.Validate(template, path, errors);
        if (template.Spec is not null && template.Spec.RestartPolicy != "Always")
            errors.NotSupported(path.Child("spec").Child("restartPolicy"), template.Spec.RestartPolicy ?? "", "Always");
        if (template.Spec?.ActiveDeadlineSeconds is not null)
            errors.Forbidden(path.Child("spec").Child("activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicationController is not Supported");
    }

    private static void ValidatePart(int? part, string name, V1ReplicationControllerStatus? status, FieldErrors errors)
    {
        NumberRules.ValidateNotNegative(part, FieldPath.Status.Child(name), errors);
        if (part > (status?.Replicas ?? 0))
            errors.Invalid(FieldPath.Status.Child(name), part, "cannot be greater than status.replicas");
    }
}
