using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>
/// The pods that still have the tracking finalizer although their Job is gone. They name the Job as their controller. If orphaning
/// has removed that reference, they name it in their label.
/// </summary>
internal sealed class LeftBehindPods : Relation
{
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
        Candidates(key, primary, view).OfType<V1Pod>()
            .Where(pod => IsLeftBehind(pod, key, primary))
            .Select(pod => new RelatedObject(WellKnownResources.Pods, pod));

    // The pods of a Job with a manual selector need not have the label. Manual selectors are rare, so all pods of the namespace are
    // searched for them.
    private static IEnumerable<KubeObject> Candidates(ObjectKey key, KubeObject? primary, IObjectView view) => view.Select(
        WellKnownResources.Pods,
        key.Namespace,
        primary is null or V1Job { Spec.ManualSelector: true } ? LabelSelector.Everything : LabelSelector.AnyOf(JobMetadataKeys.JobName, [key.Name]));

    private static bool IsLeftBehind(V1Pod pod, ObjectKey job, KubeObject? present)
    {
        if (!pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer) || JobOf(pod) != job)
            return false;
        if (pod.Controller is { } controller)
            return controller.Uid != present?.Metadata.Uid && (present is null or V1Job { Spec.ManualSelector: true } || HasLabel(pod, job));
        // An existing Job may still adopt a pod without a controller.
        return present is null || present.IsDeleting;
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
