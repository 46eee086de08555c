using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>The pods of an autoscaler's target. They are not watched: they are read at the autoscaler's own pace.</summary>
internal sealed class TargetPods : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is V2HorizontalPodAutoscaler hpa && TargetScale.SelectorOf(TargetScale.Find(hpa, view)) is { } selector
            ? view.Select(WellKnownResources.Pods, key.Namespace, selector).Select(pod => new RelatedObject(WellKnownResources.Pods, pod))
            : [];
}
