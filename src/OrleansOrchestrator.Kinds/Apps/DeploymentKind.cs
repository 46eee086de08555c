using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Rolls pods from one template to the next, and back.</summary>
internal sealed class DeploymentKind : ResourceDefinition<V1Deployment>
{
    public override string Group => "apps";

    public override string Kind => "Deployment";

    public override string Plural => "deployments";

    public override IReadOnlyList<string> ShortNames => ["deploy"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    public override ScaleAccess Scale { get; } = new(
        obj => ((V1Deployment)obj).Spec?.Replicas ?? 0,
        (obj, replicas) => ((V1Deployment)obj).Spec.Replicas = replicas,
        obj => ((V1Deployment)obj).Status?.Replicas ?? 0,
        obj => WorkloadRules.SelectorText(((V1Deployment)obj).Spec?.Selector));

    protected override IReadOnlyList<TableColumn<V1Deployment>> TypedColumns =>
    [
        TableColumn<V1Deployment>.Name,
        TableColumn<V1Deployment>.Of("Ready", ReadyOf),
        TableColumn<V1Deployment>.Of("Up-to-date", deployment => deployment.Status?.UpdatedReplicas ?? 0),
        TableColumn<V1Deployment>.Of("Available", deployment => deployment.Status?.AvailableReplicas ?? 0),
        TableColumn<V1Deployment>.Age,
        TableColumn<V1Deployment>.Of("Containers", deployment => ContainerCells.Names(deployment.Spec?.Template), priority: 1),
        TableColumn<V1Deployment>.Of("Images", deployment => ContainerCells.Images(deployment.Spec?.Template), priority: 1),
        TableColumn<V1Deployment>.Of("Selector", deployment => WorkloadRules.SelectorText(deployment.Spec?.Selector), priority: 1),
    ];

    protected override void ApplyDefaults(V1Deployment obj)
    {
        var spec = obj.Spec ??= new V1DeploymentSpec();
        spec.Replicas ??= 1;
        spec.RevisionHistoryLimit ??= 10;
        spec.ProgressDeadlineSeconds ??= 600;
        spec.Template = PodTemplateRules.WithDefaults(spec.Template);
        spec.Strategy ??= new V1DeploymentStrategy();
        spec.Strategy.Type = spec.Strategy.Type.Or(DeploymentValidation.RollingUpdate);
        if (spec.Strategy.Type != DeploymentValidation.RollingUpdate)
            return;
        spec.Strategy.RollingUpdate ??= new V1RollingUpdateDeployment();
        spec.Strategy.RollingUpdate.MaxUnavailable ??= "25%";
        spec.Strategy.RollingUpdate.MaxSurge ??= "25%";
    }

    protected override void PrepareForCreate(V1Deployment obj) => obj.Status = new V1DeploymentStatus();

    // The controller copies annotations to ReplicaSets, so a change of them needs a reconciliation too.
    protected override void PrepareForUpdate(V1Deployment updated, V1Deployment current)
    {
        if (!SemanticEquality.Equal(updated.Metadata.Annotations, current.Metadata.Annotations))
            updated.Metadata.Generation = (current.Metadata.Generation ?? 0) + 1;
    }

    protected override void AddWarnings(V1Deployment deployment, V1Deployment? current, List<string> warnings)
    {
        if (current is null)
            PodWarnings.AddName(deployment.Metadata, "Pod names and hostnames", warnings);
        PodWarnings.AddTemplate(deployment, current, deployment.Spec?.Template, FieldPath.Spec.Child("template"), warnings);
    }

    protected override void Validate(V1Deployment obj, FieldErrors errors) => DeploymentValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1Deployment updated, V1Deployment current, FieldErrors errors)
    {
        Validate(updated, errors);
        ImmutableRules.Validate(updated.Spec?.Selector, current.Spec?.Selector, FieldPath.Spec.Child("selector"), errors);
    }

    protected override void ValidateStatusUpdate(V1Deployment updated, V1Deployment current, FieldErrors errors) =>
        DeploymentValidation.ValidateStatus(updated.Status, current.Status, errors);

    private static string ReadyOf(V1Deployment deployment) => string.Create(
        CultureInfo.InvariantCulture, $"{deployment.Status?.ReadyReplicas ?? 0}/{deployment.Spec?.Replicas ?? 0}");
}
