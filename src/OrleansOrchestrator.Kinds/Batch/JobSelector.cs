using k8s.Models;
using OrleansOrchestrator.Kinds.Apps;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>
/// Gives a Job a selector and its pods unique labels, so that no two Jobs share a pod. A Job with a manual selector chooses its
/// own.
/// </summary>
internal static class JobSelector
{
    private const string LegacyUidLabel = "controller-uid";
    private const string LegacyNameLabel = "job-name";

    /// <summary>Fills in the missing parts of selector and template. A part that is present and differs is a fault.</summary>
    public static void Generate(V1Job job)
    {
        if (job.Spec.Template is { } template)
        {
            template.Metadata ??= new V1ObjectMeta();
            var labels = template.Metadata.Labels ??= new Dictionary<string, string>();
            foreach (var (name, value) in LabelsOf(job))
                labels.TryAdd(name, value);
        }

        job.Spec.Selector ??= new V1LabelSelector();
        job.Spec.Selector.MatchLabels ??= new Dictionary<string, string>();
        job.Spec.Selector.MatchLabels.TryAdd(JobMetadataKeys.ControllerUid, job.Metadata.Uid ?? "");
    }

    public static void Validate(V1Job job, FieldErrors errors)
    {
        if (job.Spec is not { ManualSelector: not true, Selector: { } selector } spec)
            return;
        if (string.IsNullOrEmpty(job.Metadata.Uid))
            errors.Required(FieldPath.Metadata.Child("uid"));
        var given = (spec.Template?.Metadata?.Labels).OrNone();
        var path = FieldPath.Spec.Child("template").Child("metadata").Child("labels");
        var expected = LabelsOf(job);
        foreach (var (name, value) in expected)
        {
            if (!given.TryGetValue(name, out var actual))
                errors.Required(path.Key(name), $"must be '{value}'");
            else if (actual != value)
                errors.Invalid(path.Key(name), given, $"must be '{value}'");
        }

        if (!Finds(selector, expected))
            errors.Invalid(FieldPath.Spec.Child("selector"), selector, "`selector` not auto-generated");
    }

    public static void ValidateSelected(V1JobSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if (spec?.Selector is null)
            errors.Required(path.Child("selector"));
        else
            LabelSelectorRules.Validate(spec.Selector, path.Child("selector"), errors);
        if (spec?.Template is { } template)
            WorkloadRules.ValidateSelected(template, spec.Selector, path.Child("template"), errors);
    }

    private static Dictionary<string, string> LabelsOf(V1Job job)
    {
        var (uid, name) = (job.Metadata.Uid ?? "", job.Metadata.Name ?? "");
        return new Dictionary<string, string>
        {
            [LegacyUidLabel] = uid,
            [LegacyNameLabel] = name,
            [JobMetadataKeys.ControllerUid] = uid,
            [JobMetadataKeys.JobName] = name,
        };
    }

    private static bool Finds(V1LabelSelector selector, Dictionary<string, string> labels)
    {
        try
        {
            return LabelSelector.From(selector).Matches(labels);
        }
        catch (SelectorException)
        {
            // Other rules validate the parts.
            return true;
        }
    }
}
