using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Runs pods until enough of them have succeeded.</summary>
internal sealed class JobKind : ResourceDefinition<V1Job>
{
    public override string Group => "batch";

    public override string Kind => "Job";

    public override string Plural => "jobs";

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    // The default from before there was a garbage collector. Clients rely on it.
    public override DeletionPropagation DefaultPropagation => DeletionPropagation.Orphan;

    public override string DefaultPropagationWarning =>
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

    public override IReadOnlyList<SelectableField> SelectableFields { get; } =
        [new("status.successful", "0") { JsonPath = "status.succeeded" }];

    public override string UnsupportedFieldText(string field) => $"field label {GoSyntax.Quote(field)} not supported for batchv1.Job";

    protected override IReadOnlyList<TableColumn<V1Job>> TypedColumns =>
    [
        TableColumn<V1Job>.Name,
        TableColumn<V1Job>.Of("Status", JobCells.Status),
        TableColumn<V1Job>.Of("Completions", JobCells.Completions),
        new("Duration", JobCells.Duration),
        TableColumn<V1Job>.Age,
        TableColumn<V1Job>.Of("Containers", job => ContainerCells.Names(job.Spec?.Template), priority: 1),
        TableColumn<V1Job>.Of("Images", job => ContainerCells.Images(job.Spec?.Template), priority: 1),
        TableColumn<V1Job>.Of("Selector", job => SelectorCells.Of(job.Spec?.Selector), priority: 1),
    ];

    protected override void ApplyDefaults(V1Job obj) => JobDefaults.Apply(obj);

    protected override void PrepareForCreate(V1Job obj)
    {
        obj.Status = new V1JobStatus();
        if (obj.Spec is { ManualSelector: not true })
            JobSelector.Generate(obj);
    }

    protected override void AddWarnings(V1Job job, V1Job? current, List<string> warnings)
    {
        if (current is null)
            PodWarnings.AddName(job.Metadata, "Pod names and hostnames", warnings);
        PodWarnings.AddTemplate(job, current, job.Spec?.Template, FieldPath.Spec.Child("template"), warnings);
    }

    protected override void Validate(V1Job obj, FieldErrors errors)
    {
        JobSelector.Validate(obj, errors);
        ValidateSpec(obj, errors);
        JobValidation.ValidateHostNames(obj, errors);
    }

    protected override void ValidateUpdate(V1Job updated, V1Job current, FieldErrors errors)
    {
        ValidateSpec(updated, errors);
        JobUpdateValidation.Validate(updated, current, errors);
    }

    protected override void ValidateStatusUpdate(V1Job updated, V1Job current, FieldErrors errors) =>
        JobStatusValidation.Validate(updated, current, errors);

    private static void ValidateSpec(V1Job obj, FieldErrors errors)
    {
        JobValidation.Validate(obj.Spec, FieldPath.Spec, errors);
        JobSelector.ValidateSelected(obj.Spec, errors);
    }
}
