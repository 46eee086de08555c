using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>Keeps the pods of a replication controller at the wanted number, and its status true.</summary>
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
        var status = StatusOf(controller, replicas.Counts);
        return new Plan
        {
            Actions = status is null ? replicas.Actions : [.. replicas.Actions, status],
            RequeueAfter = replicas.RequeueAfter,
        };
    }

    private static LabelSelector SelectorOf(V1ReplicationController controller) =>
        controller.Spec?.Selector is { Count: > 0 } selector ? LabelSelector.FromMap(selector) : LabelSelector.Nothing;

    private static UpdateStatus? StatusOf(V1ReplicationController controller, ReplicaCounts counts)
    {
        var status = new V1ReplicationControllerStatus
        {
            Replicas = counts.Replicas,
            FullyLabeledReplicas = OmitZero(counts.FullyLabeled),
            ReadyReplicas = OmitZero(counts.Ready),
            AvailableReplicas = OmitZero(counts.Available),
            ObservedGeneration = controller.Metadata.Generation,
            Conditions = controller.Status?.Conditions,
        };
        if (ObjectFacts.SameJson(status, Canonical(controller.Status)))
            return null;

        var updated = ObjectCodec.Clone(controller);
        updated.Status = status;
        return new UpdateStatus(WellKnownResources.ReplicationControllers, updated);
    }

    /// <summary>A status in which zero and absent are the same, as they are for every reader.</summary>
    private static V1ReplicationControllerStatus? Canonical(V1ReplicationControllerStatus? status) => status is null ? null : new()
    {
        Replicas = status.Replicas,
        FullyLabeledReplicas = OmitZero(status.FullyLabeledReplicas),
        ReadyReplicas = OmitZero(status.ReadyReplicas),
        AvailableReplicas = OmitZero(status.AvailableReplicas),
        ObservedGeneration = status.ObservedGeneration,
        Conditions = status.Conditions,
    };

    private static int? OmitZero(int? count) => count is 0 ? null : count;
}
