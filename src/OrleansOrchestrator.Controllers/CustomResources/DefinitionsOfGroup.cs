using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.CustomResources;

/// <summary>The definitions of a definition's group, itself included: their names must not collide.</summary>
public sealed class DefinitionsOfGroup : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.CustomResourceDefinitions];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        var groups = change.Versions.Select(version => version.SharedModel<V1CustomResourceDefinition>().Spec?.Group).ToHashSet();
        concerned.AddRange(view.All(WellKnownResources.CustomResourceDefinitions)
            .Where(crd => groups.Contains(((V1CustomResourceDefinition)crd).Spec?.Group))
            .Select(crd => crd.Key));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is not V1CustomResourceDefinition own
            ? []
            : view.All(WellKnownResources.CustomResourceDefinitions)
                .Where(crd => ((V1CustomResourceDefinition)crd).Spec?.Group == own.Spec?.Group)
                .Select(crd => new RelatedObject(WellKnownResources.CustomResourceDefinitions, crd));
}
