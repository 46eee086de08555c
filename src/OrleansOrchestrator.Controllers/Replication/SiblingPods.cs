using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>
/// The pods of the primary's siblings: those that the same owner controls, as a Deployment its ReplicaSets. They count for how
/// crowded a node is when a pod to delete is chosen. That is no reason to look at a primary, so their changes are not followed.
/// </summary>
public sealed class SiblingPods : Relation
{
    private readonly ControlledByOwner _pods = new(WellKnownResources.Pods);

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        var owners = new ConcernedPrimaries();
        _pods.FindPrimaries(change, view, owners);
        foreach (var sibling in owners.Keys.SelectMany(owner => SiblingsOf(owner, view.Find(view.Primary.Name, owner), view)))
            concerned.Add(sibling.Key);
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        SiblingsOf(key, primary, view).SelectMany(sibling => _pods.Observe(sibling.Key, sibling, view)).OrderBy(pod => pod.Object.Key);

    private static IEnumerable<KubeObject> SiblingsOf(ObjectKey key, KubeObject? primary, IObjectView view) => primary?.Controller is { } controller
        ? view.ControlledBy(view.Primary.Name, controller.Uid).Where(sibling => sibling.Key.Namespace == key.Namespace && sibling.Key != key)
        : [];
}
