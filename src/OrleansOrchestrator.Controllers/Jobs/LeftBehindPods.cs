using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>
/// The pods that still carry the tracking finalizer though their job is gone: they name it as their controller, or, since
/// orphaning has taken the reference away, by its label. So do those that somebody has taken from a job that does not adopt them.
/// </summary>
internal sealed class LeftBehindPods : Relation
{
    private static readonly KeyIndex ByJob = new(WellKnownResources.Pods, static obj => obj is V1Pod pod && JobOf(pod) is { } job ? [job] : [])
    {
        MayHaveKeys = static pod => pod.HasFinalizers,
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.Pods];

    /// <inheritdoc/>
    public override bool OutlivesPrimary => true;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var version in change.Versions)
        {
            if (version.HasFinalizers && version.SharedModel() is V1Pod pod && JobOf(pod) is { } job && IsLeftBehind(pod, job, view.Find(view.Primary.Name, job)))
                concerned.Add(job);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        view.WithKey(ByJob, key).OfType<V1Pod>()
            .Where(pod => IsLeftBehind(pod, key, primary))
            .Select(pod => new RelatedObject(WellKnownResources.Pods, pod));

    private static bool IsLeftBehind(V1Pod pod, ObjectKey job, KubeObject? present)
    {
        if (!pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer) || JobOf(pod) != job)
            return false;
        if (pod.Controller is { } controller)
            return controller.Uid != present?.Metadata.Uid && (present is null or V1Job { Spec.ManualSelector: true } || HasLabel(pod, job));
        return present is not V1Job candidate || !MayAdopt(candidate, pod);
    }

    /// <summary>Whether a Job still runs that adopts what has no controller, or somebody else runs it.</summary>
    private static bool MayAdopt(V1Job job, V1Pod pod)
    {
        if (!new JobDemand(job).IsOurs)
            return true;
        return !job.IsDeleting && !pod.IsDeleting && JobConditions.Outcome(job.Status) is null
            && job.Spec.Selector is { } selector && LabelSelector.From(selector).Matches(pod.Metadata.Labels);
    }

    private static ObjectKey? JobOf(V1Pod pod) => pod switch
    {
        { Controller: { Kind: V1Job.KubeKind } controller } when IsOfGroup(controller.ApiVersion) => new ObjectKey(pod.Key.Namespace, controller.Name),
        { Controller: null } when pod.Metadata.Labels?.TryGetValue(JobMetadataKeys.JobName, out var name) is true => new ObjectKey(pod.Key.Namespace, name),
        _ => null,
    };

    private static bool IsOfGroup(string? apiVersion) => apiVersion?.StartsWith(V1Job.KubeGroup + "/", StringComparison.Ordinal) is true;

    private static bool HasLabel(V1Pod pod, ObjectKey job) =>
        pod.Metadata.Labels?.TryGetValue(JobMetadataKeys.JobName, out var name) is true && name == job.Name;
}
