using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>Keeps a ReplicaSet's number of pods, and its status up to date.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/replicaset.</remarks>
public sealed class ReplicaSetReconciler : IReconciler
{
    private static readonly SelectedByLabels Selected = new(WellKnownResources.Pods, set => SelectorOf((V1ReplicaSet)set));
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.Pods);
    private static readonly SiblingPods Siblings = new(set => ReplicasOf((V1ReplicaSet)set));

    /// <inheritdoc/>
    public string Name => "replicaset-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.ReplicaSets;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Selected, Controlled, Siblings];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1ReplicaSet { Spec.Template: { } template } set)
            return Plan.Nothing;

        var demand = new ReplicaDemand
        {
            Owner = set,
            Selector = SelectorOf(set),
            Template = template,
            Replicas = ReplicasOf(set),
            MinReadySeconds = set.Spec.MinReadySeconds ?? 0,
        };
        var replicas = ReplicaPlanner.Plan(demand, observation.OfAny<V1Pod>(Selected, Controlled), observation.Now, observation.Of<V1Pod>(Siblings));
        return new Plan
        {
            Actions = replicas.Actions,
            Conclude = refused => PatchObject.OfStatusAsObserved(
                Primary, set, changed => changed.Status = ReplicaStatus.After(set.Status, set, replicas.Counts, refused, observation.Now)),
            RequeueAfter = replicas.RequeueAfter,
        };
    }

    private static LabelSelector SelectorOf(V1ReplicaSet set) =>
        LabelSelector.From(set.Spec?.Selector) is { IsEverything: false } selector ? selector : LabelSelector.Nothing;

    private static int ReplicasOf(V1ReplicaSet set) => set.Spec?.Replicas ?? 1;
}
