using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>A pod template in an object of its own.</summary>
internal sealed class PodTemplateKind : ResourceDefinition<V1PodTemplate>
{
    public override string Kind => "PodTemplate";

    public override string Plural => "podtemplates";

    public override bool DeletionAnswersWithObject => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1PodTemplate>> TypedColumns =>
    [
        TableColumn<V1PodTemplate>.Name,
        TableColumn<V1PodTemplate>.Of("Containers", obj => ContainerCells.Names(obj.Template)),
        TableColumn<V1PodTemplate>.Of("Images", obj => ContainerCells.Images(obj.Template)),
        TableColumn<V1PodTemplate>.Of("Pod Labels", obj => LabelSet.From(obj.Template?.Metadata?.Labels).ToString().Or("<none>")),
    ];

    protected override void ApplyDefaults(V1PodTemplate obj) => obj.Template = PodTemplateRules.WithDefaults(obj.Template);

    protected override void PrepareForUpdate(V1PodTemplate updated, V1PodTemplate current)
    {
        if (!SemanticEquality.Equal(updated.Template, current.Template))
            updated.Metadata.Generation = (current.Metadata.Generation ?? 0) + 1;
    }

    protected override void AddWarnings(V1PodTemplate template, V1PodTemplate? current, List<string> warnings) =>
        PodWarnings.AddTemplate(template, current, template.Template, FieldPath.Root("template"), warnings);

    protected override void Validate(V1PodTemplate obj, FieldErrors errors)
    {
        var path = FieldPath.Root("template");
        if (obj.Template is null)
            errors.Required(path);
        else
            PodTemplateRules.Validate(obj.Template, path, errors);
    }
}
