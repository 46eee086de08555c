using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Keeps pods that each have a name and volumes of their own, in order.</summary>
internal sealed class StatefulSetKind : ResourceDefinition<V1StatefulSet>
{
    public override string Group => "apps";

    public override string Kind => "StatefulSet";

    public override string Plural => "statefulsets";

    public override IReadOnlyList<string> ShortNames => ["sts"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    public override ScaleAccess Scale { get; } = new(
        obj => ((V1StatefulSet)obj).Spec?.Replicas ?? 0,
        (obj, replicas) => ((V1StatefulSet)obj).Spec.Replicas = replicas,
        obj => ((V1StatefulSet)obj).Status?.Replicas ?? 0,
        obj => WorkloadRules.SelectorText(((V1StatefulSet)obj).Spec?.Selector));

    protected override IReadOnlyList<TableColumn<V1StatefulSet>> TypedColumns =>
    [
        TableColumn<V1StatefulSet>.Name,
        TableColumn<V1StatefulSet>.Of("Ready", ReadyOf),
        TableColumn<V1StatefulSet>.Age,
        TableColumn<V1StatefulSet>.Of("Containers", set => ContainerCells.Names(set.Spec?.Template), priority: 1),
        TableColumn<V1StatefulSet>.Of("Images", set => ContainerCells.Images(set.Spec?.Template), priority: 1),
    ];

    // The names of the pods begin with it, and pod names are host names.
    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsDns1123Label(name);

    protected override void ApplyDefaults(V1StatefulSet obj) => StatefulSetDefaults.Apply(obj.Spec ??= new V1StatefulSetSpec());

    protected override void PrepareForCreate(V1StatefulSet obj) => obj.Status = new V1StatefulSetStatus { AvailableReplicas = 0 };

    protected override void AddWarnings(V1StatefulSet set, V1StatefulSet? current, List<string> warnings)
    {
        PodWarnings.AddTemplate(set, current, set.Spec?.Template, FieldPath.Spec.Child("template"), warnings);
        for (var i = 0; i < (set.Spec?.VolumeClaimTemplates).OrNone().Count; i++)
            VolumeWarnings.AddClaim(set.Spec!.VolumeClaimTemplates[i].Spec, FieldPath.Spec.Child("volumeClaimTemplates").Index(i).Child("spec"), warnings);
    }

    protected override void Validate(V1StatefulSet obj, FieldErrors errors) => StatefulSetValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1StatefulSet updated, V1StatefulSet current, FieldErrors errors)
    {
        Validate(updated, errors);
        StatefulSetValidation.ValidateUpdate(updated.Spec, current.Spec, errors);
    }

    protected override void ValidateStatusUpdate(V1StatefulSet updated, V1StatefulSet current, FieldErrors errors) =>
        StatefulSetValidation.ValidateStatus(updated.Status, current.Status, errors);

    private static string ReadyOf(V1StatefulSet set) => string.Create(
        CultureInfo.InvariantCulture, $"{set.Status?.ReadyReplicas ?? 0}/{set.Spec?.Replicas ?? 0}");
}
