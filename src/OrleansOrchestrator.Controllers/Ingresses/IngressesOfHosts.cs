using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Ingresses;

/// <summary>
/// All ingresses, in any namespace, that name a host of the primary or a wildcard for it, the primary itself included. The selector index
/// finds the primaries, with the host as a label and <see cref="IngressHosts.SoughtBy"/> as a selector.
/// </summary>
internal sealed class IngressesOfHosts : Relation
{
    private const string Term = "host";

    private readonly KeyIndex _index = new(WellKnownResources.Ingresses, ingress => IngressHosts.NamedBy((V1Ingress)ingress).Select(KeyOf));

    /// <summary>Whether two versions of an ingress differ in what the primaries depend on; null if every change counts.</summary>
    public Func<StoredObject, StoredObject, bool>? Differ { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.Ingresses];

    /// <inheritdoc/>
    public override LabelSelector? SelectorOf(KubeObject primary) => LabelSelector.AnyOf(Term, IngressHosts.SoughtBy((V1Ingress)primary));

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (change is { Now: { } now, Before: { } before } && Differ?.Invoke(before, now) is false)
            return;
        foreach (var host in change.Versions.SelectMany(version => IngressHosts.NamedBy((V1Ingress)version.SharedModel())))
            concerned.AddSelecting(ConcernedPrimaries.AllNamespaces, LabelSet.From([new KeyValuePair<string, string>(Term, host)]));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => primary is not V1Ingress ingress
        ? []
        : IngressHosts.SoughtBy(ingress)
            .SelectMany(host => view.WithKey(_index, KeyOf(host)))
            .DistinctBy(other => other.Key)
            .OrderBy(other => other.Key)
            .Select(other => new RelatedObject(WellKnownResources.Ingresses, other));

    private static ObjectKey KeyOf(string host) => new("", host);
}
