using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Controllers.Replication;

/// <summary>The status of a ReplicationController or ReplicaSet, in the form of a ReplicaSet's.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/replicaset/replica_set_utils.go.</remarks>
internal static class ReplicaStatus
{
    private const string ReplicaFailure = "ReplicaFailure";
    private const string FailedCreate = "FailedCreate";
    private const string FailedDelete = "FailedDelete";

    /// <summary>The status after a plan.</summary>
    /// <param name="current">The observed status.</param>
    /// <param name="owner">The owner, for the generation that was observed.</param>
    /// <param name="counts">Its pods.</param>
    /// <param name="refused">The refused actions of the plan.</param>
    /// <param name="now">The current time.</param>
    public static V1ReplicaSetStatus After(
        V1ReplicaSetStatus? current, KubeObject owner, ReplicaCounts counts, IReadOnlyList<RefusedAction> refused, DateTimeOffset now) =>
        new()
        {
            Replicas = counts.Replicas,
            FullyLabeledReplicas = ObjectFacts.OmitZero(counts.FullyLabeled),
            ReadyReplicas = ObjectFacts.OmitZero(counts.Ready),
            AvailableReplicas = ObjectFacts.OmitZero(counts.Available),
            ObservedGeneration = owner.Metadata.Generation,
            Conditions = ConditionsAfter(current, refused, now),
        };

    /// <summary>The failure condition is present as long as an action is refused, with the message of the first.</summary>
    private static List<V1ReplicaSetCondition>? ConditionsAfter(V1ReplicaSetStatus? current, IReadOnlyList<RefusedAction> refused, DateTimeOffset now)
    {
        List<V1ReplicaSetCondition> conditions = [.. (current?.Conditions ?? []).Where(condition => condition.Type != ReplicaFailure)];
        if (refused.FirstOrDefault(one => one.Action is CreateObject or DeleteObject && !one.IsByTerminatingNamespace) is not { } failed)
            return conditions.Count == 0 ? null : conditions;

        var reason = failed.Action is CreateObject ? FailedCreate : FailedDelete;
        conditions.Add(Failure(current) is { Status: "True" } told && told.Reason == reason ? told : new V1ReplicaSetCondition
        {
            Type = ReplicaFailure,
            Status = "True",
            Reason = reason,
            Message = failed.Why.Message,
            LastTransitionTime = ObjectMetaRules.TruncateToSeconds(now),
        });
        return conditions;
    }

    private static V1ReplicaSetCondition? Failure(V1ReplicaSetStatus? status) =>
        status?.Conditions?.FirstOrDefault(condition => condition.Type == ReplicaFailure);
}
