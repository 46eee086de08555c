using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// The nodes that a service's pods are bound to: endpoints tell their zones. Nodes report all the time, and only another zone
/// concerns the services.
/// </summary>
/// <param name="pods">The pods of a service.</param>
internal sealed class NodesOfPods(SelectedByLabels pods) : Relation
{
    private const string NodeField = "spec.nodeName";

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.Nodes];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => pods.SelectorOf(primary);

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (ZoneOf(change.Now) == ZoneOf(change.Before))
            return;
        foreach (var pod in view.WithField(WellKnownResources.Pods, NodeField, change.Key.Name))
            concerned.AddSelecting(pod.Key.Namespace, LabelSet.From(pod.Metadata.Labels));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => pods.Observe(key, primary, view)
        .Select(related => ((V1Pod)related.Object).Spec?.NodeName)
        .Where(node => !string.IsNullOrEmpty(node))
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal)
        .Select(node => view.Find(WellKnownResources.Nodes, new ObjectKey("", node!)))
        .OfType<KubeObject>()
        .Select(node => new RelatedObject(WellKnownResources.Nodes, node));

    private static string? ZoneOf(StoredObject? node) => node is not null && node.Labels.TryGetValue(TopologyLabels.Zone, out var zone) ? zone : null;
}
