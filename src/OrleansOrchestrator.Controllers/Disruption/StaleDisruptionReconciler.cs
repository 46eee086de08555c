using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Disruption;

/// <summary>Sets a pod's DisruptionTarget condition to false if nobody has deleted the pod in the meantime.</summary>
/// <remarks>See the stale pod disruption in k8s.io/kubernetes/pkg/controller/disruption.</remarks>
public sealed class StaleDisruptionReconciler : IReconciler
{
    /// <summary>How long a pod may live after its disruption was announced, as in Kubernetes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public string Name => "stale-pod-disruption";

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("disruption-controller");

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Pods;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations => [];

    /// <inheritdoc/>
    public bool IsWorthALook(StoredObject primary) =>
        // Few pods have the condition. This check spares decoding the others.
        primary.Json.Span.IndexOf("DisruptionTarget"u8) >= 0 && AnnouncedAt(primary.SharedModel<V1Pod>()) is not null;

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Pod pod || AnnouncedAt(pod) is not { } announced)
            return Plan.Nothing;
        var end = Waits.After(announced, Patience);
        if (observation.Now < end)
            return new Plan { RequeueAfter = end - observation.Now };
        var updated = ObjectCodec.Clone(pod);
        var condition = updated.Condition(PodConditionTypes.DisruptionTarget)!;
        (condition.Status, condition.LastTransitionTime) = ("False", ObjectMetaRules.TruncateToSeconds(observation.Now));
        return new Plan { Actions = [new UpdateStatus(WellKnownResources.Pods, updated)] };
    }

    private static DateTimeOffset? AnnouncedAt(V1Pod pod) =>
        pod.IsActive && pod.Condition(PodConditionTypes.DisruptionTarget) is { Status: "True" } condition && condition.Reason != PodDisruption.TerminationByKubelet
            ? ApiTime.Read(condition.LastTransitionTime) ?? DateTimeOffset.MinValue
            : null;
}
