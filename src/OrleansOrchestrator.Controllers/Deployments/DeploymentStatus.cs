using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>The status of a Deployment, computed from its ReplicaSets and from the outcome of a plan.</summary>
internal static class DeploymentStatus
{
    /// <summary>Counts the replicas, and sets the Available condition.</summary>
    public static V1DeploymentStatus Count(V1Deployment deployment, Rollout rollout, DeploymentConditions conditions)
    {
        var available = Sum(rollout, set => set.AvailableReplicas);
        if (available >= rollout.Bounds.MinAvailable)
            conditions.Set(DeploymentConditions.Available, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
        else
            conditions.Set(DeploymentConditions.Available, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
        return new V1DeploymentStatus
        {
            ObservedGeneration = deployment.Metadata.Generation,
            Replicas = ObjectFacts.OmitZero(Sum(rollout, set => set.Replicas)),
            UpdatedReplicas = ObjectFacts.OmitZero(rollout.New?.Observed.Status?.Replicas ?? 0),
            ReadyReplicas = ObjectFacts.OmitZero(Sum(rollout, set => set.ReadyReplicas)),
            AvailableReplicas = ObjectFacts.OmitZero(available),
            UnavailableReplicas = ObjectFacts.OmitZero(Clamp(rollout.Total - available)),
            CollisionCount = deployment.Status?.CollisionCount,
        };
    }

    /// <summary>The failure condition of a ReplicaSet, the new one's first; null for none.</summary>
    public static V1ReplicaSetCondition? FailureOf(Rollout rollout) => rollout.All
        .SelectMany(set => set.Observed.Status?.Conditions ?? [])
        .FirstOrDefault(condition => condition.Type == DeploymentConditions.ReplicaFailure);

    /// <summary>Makes the write of the status once the other actions of a plan were tried.</summary>
    /// <param name="deployment">The deployment as observed.</param>
    /// <param name="rollout">Its ReplicaSets as planned.</param>
    /// <param name="status">The status if no action was refused.</param>
    /// <param name="refused">The refused actions.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The write; null if the status has not changed.</returns>
    public static ObjectAction? Conclude(
        V1Deployment deployment, Rollout rollout, V1DeploymentStatus status, IReadOnlyList<RefusedAction> refused, DateTimeOffset now)
    {
        var creation = refused.FirstOrDefault(one => one.Action is CreateObject);
        // What else is refused is tried again with what is known by then. No count depends on the history's being cleaned up.
        if (creation is null && refused.Any(one => one.Action is not DeleteObject))
            return null;

        var next = creation is null ? status : WithoutNew(deployment, rollout, creation, now);
        var revision = creation is null ? rollout.New?.Annotation(DeploymentAnnotations.Revision) : null;
        return PatchObject.OfStatusAsObserved(WellKnownResources.Deployments, deployment, changed =>
        {
            changed.Status = next;
            if (revision is not null)
                (changed.Metadata.Annotations ??= new Dictionary<string, string>())[DeploymentAnnotations.Revision] = revision;
        });
    }

    /// <summary>The status if the new ReplicaSet could not be created.</summary>
    private static V1DeploymentStatus WithoutNew(V1Deployment deployment, Rollout rollout, RefusedAction creation, DateTimeOffset now)
    {
        var status = deployment.Status is { } present ? ObjectCodec.Clone(present) : new V1DeploymentStatus();
        if (creation.Why.Reason == "AlreadyExists")
        {
            // A ReplicaSet of another template or owner has the name. The next collision count gives another hash and so another name.
            status.CollisionCount = (status.CollisionCount ?? 0) + 1;
        }
        else if (!creation.IsByTerminatingNamespace && DeploymentProgress.HasDeadline(deployment))
        {
            var conditions = new DeploymentConditions(status.Conditions, now);
            conditions.Set(DeploymentConditions.Progressing, "False", DeploymentConditions.ReplicaSetCreateError, rollout.New!.CreationFault(creation.Why.Message));
            status.Conditions = conditions.All;
        }

        return status;
    }

    private static int Sum(Rollout rollout, Func<V1ReplicaSetStatus, int?> count) =>
        Clamp(rollout.All.Sum(set => set.Observed.Status is { } status ? (long)(count(status) ?? 0) : 0));

    private static int Clamp(long count) => (int)Math.Clamp(count, 0, int.MaxValue);
}
