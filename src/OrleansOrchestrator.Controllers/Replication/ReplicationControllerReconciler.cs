using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>Keeps a ReplicationController's number of pods, and its status up to date.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/replication.</remarks>
public sealed class ReplicationControllerReconciler : IReconciler
{
    private static readonly SelectedByLabels Selected = new(WellKnownResources.Pods, controller => SelectorOf((V1ReplicationController)controller));
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.Pods);

    /// <inheritdoc/>
    public string Name => "replication-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.ReplicationControllers;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Selected, Controlled];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1ReplicationController { Spec.Template: { } template } controller)
            return Plan.Nothing;

        var demand = new ReplicaDemand
        {
            Owner = controller,
            Selector = SelectorOf(controller),
            Template = template,
            Replicas = controller.Spec.Replicas ?? 1,
            MinReadySeconds = controller.Spec.MinReadySeconds ?? 0,
        };
        var replicas = ReplicaPlanner.Plan(demand, observation.OfAny<V1Pod>(Selected, Controlled), observation.Now);
        return new Plan
        {
            Actions = replicas.Actions,
            Conclude = refused => PatchObject.OfStatusAsObserved(
                Primary,
                controller,
                changed => changed.Status = Own(ReplicaStatus.After(Common(controller.Status), controller, replicas.Counts, refused, observation.Now))),
            RequeueAfter = replicas.RequeueAfter,
        };
    }

    private static LabelSelector SelectorOf(V1ReplicationController controller) =>
        controller.Spec?.Selector is { Count: > 0 } selector ? LabelSelector.FromMap(selector) : LabelSelector.Nothing;

    /// <summary>Converts the status to a ReplicaSet's. The next status needs only the conditions, not the counts.</summary>
    private static V1ReplicaSetStatus Common(V1ReplicationControllerStatus? status) => new()
    {
        Conditions = [.. (status?.Conditions ?? []).Select(condition => new V1ReplicaSetCondition
        {
            Type = condition.Type,
            Status = condition.Status,
            Reason = condition.Reason,
            Message = condition.Message,
            LastTransitionTime = condition.LastTransitionTime,
        })],
    };

    /// <summary>A ReplicaSet's status as a ReplicationController's.</summary>
    private static V1ReplicationControllerStatus Own(V1ReplicaSetStatus status) => new()
    {
        Replicas = status.Replicas,
        FullyLabeledReplicas = status.FullyLabeledReplicas,
        ReadyReplicas = status.ReadyReplicas,
        AvailableReplicas = status.AvailableReplicas,
        ObservedGeneration = status.ObservedGeneration,
        Conditions = status.Conditions?.Select(condition => new V1ReplicationControllerCondition
        {
            Type = condition.Type,
            Status = condition.Status,
            Reason = condition.Reason,
            Message = condition.Message,
            LastTransitionTime = condition.LastTransitionTime,
        }).ToList(),
    };
}
