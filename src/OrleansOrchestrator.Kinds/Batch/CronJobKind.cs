using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>Creates Jobs from its template at the times of a schedule.</summary>
internal sealed class CronJobKind : ResourceDefinition<V1CronJob>
{
    // A Job's name is the CronJob's name with the scheduled minute appended, and has at most 63 characters.
    private const int NameLengthMax = 52;

    public override string Group => "batch";

    public override string Kind => "CronJob";

    public override string Plural => "cronjobs";

    public override IReadOnlyList<string> ShortNames => ["cj"];

    public override IReadOnlyList<string> Categories => ["all"];

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1CronJob>> TypedColumns =>
    [
        TableColumn<V1CronJob>.Name,
        TableColumn<V1CronJob>.Of("Schedule", obj => obj.Spec?.Schedule ?? ""),
        TableColumn<V1CronJob>.Of("Timezone", obj => obj.Spec?.TimeZone ?? "<none>"),
        TableColumn<V1CronJob>.Of("Suspend", SuspendOf, "boolean"),
        TableColumn<V1CronJob>.Of("Active", obj => (obj.Status?.Active).OrNone().Count, "integer"),
        new("Last Schedule", (obj, now) => obj.Status?.LastScheduleTime is { } last ? HumanDuration.Since(last, now) : "<none>"),
        TableColumn<V1CronJob>.Age,
        TableColumn<V1CronJob>.Of("Containers", obj => ContainerCells.Names(obj.Spec?.JobTemplate?.Spec?.Template), priority: 1),
        TableColumn<V1CronJob>.Of("Images", obj => ContainerCells.Images(obj.Spec?.JobTemplate?.Spec?.Template), priority: 1),
        TableColumn<V1CronJob>.Of("Selector", obj => SelectorCells.Of(obj.Spec?.JobTemplate?.Spec?.Selector), priority: 1),
    ];

    protected override void ApplyDefaults(V1CronJob obj)
    {
        if (obj.Spec is not { } spec)
            return;
        spec.ConcurrencyPolicy = spec.ConcurrencyPolicy.Or("Allow");
        spec.Suspend ??= false;
        spec.SuccessfulJobsHistoryLimit ??= 3;
        spec.FailedJobsHistoryLimit ??= 1;
        spec.JobTemplate ??= new V1JobTemplateSpec();
        JobDefaults.ApplyToTemplate(spec.JobTemplate.Spec ??= new V1JobSpec());
    }

    protected override void PrepareForCreate(V1CronJob obj) => obj.Status = new V1CronJobStatus();

    protected override void AddWarnings(V1CronJob job, V1CronJob? current, List<string> warnings)
    {
        if (current is null)
            PodWarnings.AddName(job.Metadata, "Pod names and hostnames", warnings);
        PodWarnings.AddTemplate(job, current, job.Spec?.JobTemplate?.Spec?.Template, FieldPath.Spec.Child("jobTemplate.spec.template"), warnings);
    }

    protected override void Validate(V1CronJob obj, FieldErrors errors)
    {
        CronJobValidation.Validate(obj.Spec, null, errors);
        if (obj.Metadata.Name?.Length > NameLengthMax)
            errors.Invalid(FieldPath.Metadata.Child("name"), obj.Metadata.Name, "must be no more than 52 characters");
    }

    protected override void ValidateUpdate(V1CronJob updated, V1CronJob current, FieldErrors errors) =>
        CronJobValidation.Validate(updated.Spec, current.Spec, errors);

    private static string SuspendOf(V1CronJob obj) => obj.Spec?.Suspend switch
    {
        true => "True",
        false => "False",
        null => "<unset>",
    };
}
