using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.CustomResources;

/// <summary>The definitions of a definition's group, itself included: their names must not collide.</summary>
public sealed class DefinitionsOfGroup : Relation
{
    private static readonly KeyIndex ByGroup = new(WellKnownResources.CustomResourceDefinitions, static crd => [KeyOf(crd)]);

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.CustomResourceDefinitions];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var group in change.Versions.Select(version => KeyOf(version.SharedModel())).Distinct())
            concerned.AddRange(view.WithKey(ByGroup, group).Select(crd => crd.Key));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => primary is not V1CustomResourceDefinition
        ? []
        : view.WithKey(ByGroup, KeyOf(primary)).Select(crd => new RelatedObject(WellKnownResources.CustomResourceDefinitions, crd));

    private static ObjectKey KeyOf(KubeObject crd) => new("", ((V1CustomResourceDefinition)crd).Spec?.Group ?? "");
}
