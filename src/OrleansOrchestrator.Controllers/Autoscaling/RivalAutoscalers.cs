using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>
/// The other autoscalers of the namespace whose targets select pods of this one's target. They would scale against each other. Rivals
/// are not watched: they are found at the autoscaler's own pace, by indexes.
/// </summary>
internal sealed class RivalAutoscalers : Relation
{
    private static readonly KeyIndex ByTarget = new(WellKnownResources.HorizontalPodAutoscalers, static obj =>
        obj is V2HorizontalPodAutoscaler { Spec.ScaleTargetRef: { } target } hpa
            ? [KeyOf(hpa.Metadata.NamespaceProperty, target.Kind, OwnerReferences.GroupOf(target.ApiVersion), target.Name)]
            : []);

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
        var labels = view.Select(WellKnownResources.Pods, key.Namespace, own).Select(pod => LabelSet.From(pod.Metadata.Labels)).ToHashSet();
        return ScalesBySelector.Find(key.Namespace, labels, view)
            .SelectMany(found => view.WithKey(ByTarget, KeyOf(key.Namespace, found.Kind.Kind, found.Kind.Group, found.Scaled.Metadata.Name)))
            .Where(other => other.Key != key)
            .OrderBy(other => other.Key)
            .Select(other => new RelatedObject(WellKnownResources.HorizontalPodAutoscalers, other));
    }

    private static ObjectKey KeyOf(string @namespace, string? kind, string? group, string? name) => new(@namespace, $"{kind}.{group}/{name}");
}
