using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.ApiRegistration;

/// <summary>The CustomResourceDefinitions of kinds in the version of an APIService, whether or not the APIService exists.</summary>
public sealed class VersionDefinitions : Relation
{
    private static readonly KeyIndex ByVersion = new(WellKnownResources.CustomResourceDefinitions, KeysOf);

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.CustomResourceDefinitions];

    /// <inheritdoc/>
    public override bool OutlivesPrimary => true;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var version in change.Versions)
            concerned.AddRange(KeysOf(version.SharedModel()));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        view.WithKey(ByVersion, key).Select(crd => new RelatedObject(WellKnownResources.CustomResourceDefinitions, crd));

    private static IEnumerable<ObjectKey> KeysOf(KubeObject obj)
    {
        var spec = ((V1CustomResourceDefinition)obj).Spec;
        return (spec?.Versions ?? []).Where(version => version.Served).Select(version => new ObjectKey("", ApiServices.NameOf(spec!.Group, version.Name)));
    }
}
