using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>
/// The pods of the primary's siblings: those that the same owner controls, as a Deployment its ReplicaSets. They count for how
/// crowded a node is when a pod to delete is chosen, and are observed only if the primary has more pods than it wants. They are
/// no reason to look at a primary, so that their changes are not followed.
/// </summary>
/// <param name="replicas">How many pods a primary wants.</param>
public sealed class SiblingPods(Func<KubeObject, int> replicas) : Relation
{
    private readonly ControlledByOwner _pods = new(WellKnownResources.Pods);

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched => [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary?.Controller is { } controller && HasSurplus(key, primary, view)
            ? view.ControlledBy(view.Primary.Name, controller.Uid)
                .Where(sibling => sibling.Key.Namespace == key.Namespace && sibling.Key != key)
                .SelectMany(sibling => _pods.Observe(sibling.Key, sibling, view))
                .OrderBy(pod => pod.Object.Key)
            : [];

    private bool HasSurplus(ObjectKey key, KubeObject primary, IObjectView view) =>
        _pods.Observe(key, primary, view).Count(pod => ((V1Pod)pod.Object).IsActive) > replicas(primary);
}
