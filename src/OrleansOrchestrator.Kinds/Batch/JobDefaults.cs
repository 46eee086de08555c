using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>The defaults of jobs.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/batch/v1/defaults.go.</remarks>
internal static class JobDefaults
{
    public const string NonIndexed = "NonIndexed";

    private const int BackoffLimit = 6;

    public static void Apply(V1Job job)
    {
        var spec = job.Spec ??= new V1JobSpec();
        // A Job with neither completions nor parallelism runs one pod. A Job with parallelism alone ends after its first success.
        if (spec.Completions is null && spec.Parallelism is null)
            spec.Completions = 1;
        spec.Parallelism ??= 1;
        spec.BackoffLimit ??= spec.BackoffLimitPerIndex is null ? BackoffLimit : int.MaxValue;
        if (job.Metadata.Labels.OrNone().Count == 0 && spec.Template?.Metadata?.Labels is { Count: > 0 } labels)
            job.Metadata.Labels = new Dictionary<string, string>(labels);
        spec.CompletionMode = spec.CompletionMode.Or(NonIndexed);
        spec.Suspend ??= false;
        spec.ManualSelector ??= false;
        spec.PodReplacementPolicy ??= spec.PodFailurePolicy is null ? "TerminatingOrFailed" : "Failed";
        ApplyToTemplate(spec);
    }

    /// <summary>The defaults of a CronJob's Job template. A Job gets the other defaults when it is created.</summary>
    public static void ApplyToTemplate(V1JobSpec spec)
    {
        spec.Template = PodTemplateRules.WithDefaults(spec.Template);
        foreach (var rule in (spec.PodFailurePolicy?.Rules).OrNone())
        {
            foreach (var pattern in rule.OnPodConditions.OrNone())
                pattern.Status = pattern.Status.Or("True");
        }
    }
}
