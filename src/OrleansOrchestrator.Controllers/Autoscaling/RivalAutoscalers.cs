using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>
/// The other autoscalers of the namespace whose targets select pods of this one's target. They would scale against each other. Rivals
/// are not watched: they are found at the autoscaler's own pace.
/// </summary>
internal sealed class RivalAutoscalers : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is not V2HorizontalPodAutoscaler hpa || TargetScale.SelectorOf(TargetScale.Find(hpa, view)) is not { } own)
            return [];
        var others = view.InNamespace(WellKnownResources.HorizontalPodAutoscalers, key.Namespace).Where(other => other.Key != key).ToList();
        if (others.Count == 0)
            return [];
        var pods = view.Select(WellKnownResources.Pods, key.Namespace, own).ToList();
        return others
            .Where(other => TargetScale.SelectorOf(TargetScale.Find((V2HorizontalPodAutoscaler)other, view)) is { } selector && pods.Exists(pod => selector.Matches(pod.Metadata.Labels)))
            .Select(other => new RelatedObject(WellKnownResources.HorizontalPodAutoscalers, other));
    }
}
