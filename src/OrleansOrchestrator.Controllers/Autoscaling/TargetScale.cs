using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>
/// The scale of an autoscaler's target, which may be of any kind. A target that does not exist is observed without a uid, one without a
/// scale without a spec, and none if there is no such kind. Targets are not watched: they are read at the autoscaler's own pace.
/// </summary>
internal sealed class TargetScale : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <summary>The scale of an autoscaler's target; null if there is none.</summary>
    public static V1Scale? Find(V2HorizontalPodAutoscaler hpa, IObjectView view) =>
        KindOf(hpa, view) is { Scale: { } access } kind && view.Find(kind.Name, KeyOf(hpa, kind)) is { } target ? access.Of(target) : null;

    /// <summary>The selector of a scale's pods; null if it has none that can be read.</summary>
    public static LabelSelector? SelectorOf(V1Scale? scale)
    {
        try
        {
            return string.IsNullOrEmpty(scale?.Status?.Selector) ? null : LabelSelector.Parse(scale.Status.Selector);
        }
        catch (SelectorException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is not V2HorizontalPodAutoscaler hpa || KindOf(hpa, view) is not { } kind)
            return [];
        var target = KeyOf(hpa, kind);
        var scale = view.Find(kind.Name, target) switch
        {
            null => new V1Scale { Metadata = new V1ObjectMeta { NamespaceProperty = target.Namespace, Name = target.Name } },
            var found when kind.Scale is { } access => access.Of(found),
            var found => new V1Scale { Metadata = new V1ObjectMeta { NamespaceProperty = target.Namespace, Name = target.Name, Uid = found.Metadata.Uid } },
        };
        return [new RelatedObject(kind.Name, scale)];
    }

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        primary is V2HorizontalPodAutoscaler hpa && KindOf(hpa, view) is { } kind ? [kind.Name] : [];

    private static ResourceDefinition? KindOf(V2HorizontalPodAutoscaler hpa, IObjectView view) =>
        hpa.Spec?.ScaleTargetRef is { } target
            // As in Kubernetes, the version does not count.
            ? view.StoredKinds.FirstOrDefault(kind => kind.Kind == target.Kind && kind.Group == OwnerReferences.GroupOf(target.ApiVersion))
            : null;

    private static ObjectKey KeyOf(V2HorizontalPodAutoscaler hpa, ResourceDefinition kind) =>
        new(kind.Namespaced ? hpa.Key.Namespace : "", hpa.Spec.ScaleTargetRef.Name);
}
