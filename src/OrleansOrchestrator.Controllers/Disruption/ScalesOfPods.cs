using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>
/// The owners of the pods that a primary selects, and how many pods each wants. Each owner is observed as a <see cref="V1Scale"/>
/// with the owner's uid: ReplicaSets and their Deployments, and any other kind with a scale, custom kinds included. An owner
/// without a scale has no spec.
/// </summary>
/// <param name="selectorOf">A primary's selector over the pods of its namespace.</param>
public sealed class ScalesOfPods(Func<KubeObject, LabelSelector> selectorOf) : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } =
        [WellKnownResources.ReplicationControllers, WellKnownResources.Deployments, WellKnownResources.ReplicaSets, new ResourceName("statefulsets", "apps")];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => selectorOf(primary);

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        // Owners often write their status. Only a change of the wanted replicas matters.
        if (change is { Now: { } now, Before: { } before } && IsSame(ScaleOf(now.Definition, now.SharedModel()), ScaleOf(before.Definition, before.SharedModel())))
            return;
        foreach (var uid in change.Versions.Select(version => version.Uid).Distinct())
        {
            var owners = change.Resource == WellKnownResources.Deployments ? view.ControlledBy(WellKnownResources.ReplicaSets, uid).Select(set => set.Metadata.Uid) : [uid];
            foreach (var pod in owners.SelectMany(owner => view.ControlledBy(WellKnownResources.Pods, owner)))
                concerned.AddSelecting(pod.Key.Namespace, LabelSet.From(pod.Metadata.Labels));
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var scales = new List<RelatedObject>();
        foreach (var owner in OwnersOf(key, primary, view))
        {
            for (var reference = owner; reference is not null && seen.Add(reference.Uid);)
            {
                if (KindOf(reference, view) is not { } kind || Find(kind, reference, key.Namespace, view) is not { } obj)
                    break;
                scales.Add(new RelatedObject(kind.Name, ScaleOf(kind, obj)));
                reference = kind.Name == WellKnownResources.ReplicaSets && obj.Controller is { Kind: "Deployment" } deployment ? deployment : null;
            }
        }

        return scales.OrderBy(scale => scale.Resource.ToString(), StringComparer.Ordinal).ThenBy(scale => scale.Object.Key);
    }

    /// <summary>Owners of kinds that are not watched are read anew.</summary>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) => primary is null ? [] :
        OwnersOf(primary.Key, primary, view).Select(owner => KindOf(owner, view)?.Name).OfType<ResourceName>().Where(name => !Watched.Contains(name));

    private IEnumerable<V1OwnerReference> OwnersOf(ObjectKey key, KubeObject? primary, IObjectView view) => primary is null ? [] :
        view.Select(WellKnownResources.Pods, key.Namespace, selectorOf(primary)).Select(pod => pod.Controller).OfType<V1OwnerReference>()
            .DistinctBy(owner => owner.Uid);

    private static ResourceDefinition? KindOf(V1OwnerReference owner, IObjectView view) =>
        view.StoredKinds.FirstOrDefault(kind => kind.Kind == owner.Kind && kind.Group == OwnerReferences.GroupOf(owner.ApiVersion));

    private static KubeObject? Find(ResourceDefinition kind, V1OwnerReference owner, string @namespace, IObjectView view) =>
        view.Find(kind.Name, new ObjectKey(kind.Namespaced ? @namespace : "", owner.Name)) is { } obj && obj.Metadata.Uid == owner.Uid ? obj : null;

    private static V1Scale ScaleOf(ResourceDefinition kind, KubeObject obj) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = obj.Metadata.Name,
            NamespaceProperty = obj.Metadata.NamespaceProperty,
            Uid = obj.Metadata.Uid,
            OwnerReferences = obj.Controller is { } owner ? [owner] : null,
        },
        Spec = kind.Scale is { } scale ? new V1ScaleSpec { Replicas = scale.GetSpecReplicas(obj) } : null,
    };

    private static bool IsSame(V1Scale left, V1Scale right) =>
        left.Metadata.Uid == right.Metadata.Uid && left.Spec?.Replicas == right.Spec?.Replicas && left.Controller?.Uid == right.Controller?.Uid;
}
