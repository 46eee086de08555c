using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>Makes the pods of a job.</summary>
internal sealed class JobPodTemplate
{
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    // The API appends five characters, and a host name has at most 63.
    private const int GenerateNameLengthMax = 58;

    private readonly JobDemand _demand;
    private readonly PodFromTemplate _pods;

    /// <summary>Prepares the template.</summary>
    public JobPodTemplate(JobDemand demand)
    {
        _demand = demand;
        _pods = new PodFromTemplate(demand.Job, demand.IsIndexed ? WithIndexVariable(demand.Job.Spec.Template) : demand.Job.Spec.Template);
    }

    /// <summary>The size of a pod in bytes, as JSON, without the fields that the API adds.</summary>
    public int Bytes => _pods.Bytes;

    /// <summary>Makes a pod.</summary>
    public V1Pod Create()
    {
        var pod = _pods.Create();
        if (pod.Metadata.Finalizers?.Contains(JobMetadataKeys.TrackingFinalizer) is not true)
            pod.Metadata.Finalizers = [.. pod.Metadata.Finalizers ?? [], JobMetadataKeys.TrackingFinalizer];
        return pod;
    }

    /// <summary>Makes a pod for an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="replaced">The pod of that index that has failed; null if there is none, or if failures are not counted per index.</param>
    public V1Pod Create(int index, JobPod? replaced)
    {
        var pod = Create();
        var text = Text(index);
        pod.Metadata.GenerateName = GenerateName(_demand.Job.Metadata.Name, $"-{text}-");
        (pod.Metadata.Annotations ??= new Dictionary<string, string>())[JobMetadataKeys.CompletionIndex] = text;
        (pod.Metadata.Labels ??= new Dictionary<string, string>())[JobMetadataKeys.CompletionIndex] = text;
        pod.Spec.Hostname = $"{_demand.Job.Metadata.Name}-{text}";
        if (_demand.BackoffLimitPerIndex is not null)
            AddFailures(pod.Metadata.Annotations, replaced);
        return pod;
    }

    private static void AddFailures(IDictionary<string, string> annotations, JobPod? replaced)
    {
        var isCounted = replaced?.Failure.IsCounted is true;
        var isIgnored = replaced?.Failure.IsCounted is false;
        annotations[JobMetadataKeys.IndexFailureCount] = Text((replaced?.IndexFailures ?? 0) + (isCounted ? 1 : 0));
        if ((replaced?.IgnoredIndexFailures ?? 0) + (isIgnored ? 1 : 0) is > 0 and var ignored)
            annotations[JobMetadataKeys.IndexIgnoredFailureCount] = Text(ignored);
    }

    private static V1PodTemplateSpec WithIndexVariable(V1PodTemplateSpec template)
    {
        var indexed = ObjectCodec.Clone(template);
        foreach (var container in (indexed.Spec.InitContainers ?? []).Concat(indexed.Spec.Containers))
        {
            if (container.Env?.Any(variable => variable.Name == IndexVariable) is true)
                continue;
            var source = new V1ObjectFieldSelector { FieldPath = $"metadata.labels['{JobMetadataKeys.CompletionIndex}']" };
            container.Env = [.. container.Env ?? [], new V1EnvVar { Name = IndexVariable, ValueFrom = new V1EnvVarSource { FieldRef = source } }];
        }

        return indexed;
    }

    private static string GenerateName(string job, string suffix) =>
        job.Length + suffix.Length <= GenerateNameLengthMax ? job + suffix : job[..(GenerateNameLengthMax - suffix.Length)] + suffix;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
