using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Keeps a pod of its template on every node that it selects.</summary>
internal sealed class DaemonSetKind : ResourceDefinition<V1DaemonSet>
{
    // Kubernetes still maintains this annotation, and labels pods with its value.
    private const string GenerationAnnotation = "deprecated.daemonset.template.generation";

    public override string Group => "apps";

    public override string Kind => "DaemonSet";

    public override string Plural => "daemonsets";

    public override IReadOnlyList<string> ShortNames => ["ds"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1DaemonSet>> TypedColumns =>
    [
        TableColumn<V1DaemonSet>.Name,
        TableColumn<V1DaemonSet>.Of("Desired", set => set.Status?.DesiredNumberScheduled ?? 0, "integer"),
        TableColumn<V1DaemonSet>.Of("Current", set => set.Status?.CurrentNumberScheduled ?? 0, "integer"),
        TableColumn<V1DaemonSet>.Of("Ready", set => set.Status?.NumberReady ?? 0, "integer"),
        TableColumn<V1DaemonSet>.Of("Up-to-date", set => set.Status?.UpdatedNumberScheduled ?? 0, "integer"),
        TableColumn<V1DaemonSet>.Of("Available", set => set.Status?.NumberAvailable ?? 0, "integer"),
        TableColumn<V1DaemonSet>.Of("Node Selector", set => LabelSet.From(set.Spec?.Template?.Spec?.NodeSelector).ToString().Or("<none>")),
        TableColumn<V1DaemonSet>.Age,
        TableColumn<V1DaemonSet>.Of("Containers", set => ContainerCells.Names(set.Spec?.Template), priority: 1),
        TableColumn<V1DaemonSet>.Of("Images", set => ContainerCells.Images(set.Spec?.Template), priority: 1),
        TableColumn<V1DaemonSet>.Of("Selector", set => SelectorCells.Of(set.Spec?.Selector), priority: 1),
    ];

    protected override void ApplyDefaults(V1DaemonSet obj)
    {
        var spec = obj.Spec ??= new V1DaemonSetSpec();
        spec.RevisionHistoryLimit ??= 10;
        spec.Template = PodTemplateRules.WithDefaults(spec.Template);
        spec.UpdateStrategy ??= new V1DaemonSetUpdateStrategy();
        spec.UpdateStrategy.Type = spec.UpdateStrategy.Type.Or(DaemonSetValidation.RollingUpdate);
        if (spec.UpdateStrategy.Type != DaemonSetValidation.RollingUpdate)
            return;
        spec.UpdateStrategy.RollingUpdate ??= new V1RollingUpdateDaemonSet();
        spec.UpdateStrategy.RollingUpdate.MaxUnavailable ??= 1;
        spec.UpdateStrategy.RollingUpdate.MaxSurge ??= 0;
    }

    protected override void PrepareForCreate(V1DaemonSet obj)
    {
        obj.Status = new V1DaemonSetStatus();
        SetTemplateGeneration(obj, 1);
    }

    protected override void PrepareForUpdate(V1DaemonSet updated, V1DaemonSet current)
    {
        var isSame = SemanticEquality.Equal(updated.Spec?.Template, current.Spec?.Template);
        SetTemplateGeneration(updated, TemplateGenerationOf(current) + (isSame ? 0 : 1));
    }

    protected override void AddWarnings(V1DaemonSet set, V1DaemonSet? current, List<string> warnings) =>
        PodWarnings.AddTemplate(set, current, set.Spec?.Template, FieldPath.Spec.Child("template"), warnings);

    protected override void Validate(V1DaemonSet obj, FieldErrors errors) => DaemonSetValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1DaemonSet updated, V1DaemonSet current, FieldErrors errors)
    {
        Validate(updated, errors);
        ImmutableRules.Validate(updated.Spec?.Selector, current.Spec?.Selector, FieldPath.Spec.Child("selector"), errors);
    }

    protected override void ValidateStatusUpdate(V1DaemonSet updated, V1DaemonSet current, FieldErrors errors) =>
        DaemonSetValidation.ValidateStatus(updated.Status, current.Status, errors);

    private static void SetTemplateGeneration(V1DaemonSet set, long generation) =>
        (set.Metadata.Annotations ??= new Dictionary<string, string>())[GenerationAnnotation] = generation.ToString(CultureInfo.InvariantCulture);

    private static long TemplateGenerationOf(V1DaemonSet set) =>
        set.Metadata.Annotations is { } annotations && annotations.TryGetValue(GenerationAnnotation, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? generation
            : 0;
}
