using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>Whether a Deployment's rollout progresses, is complete, or has exceeded its deadline.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment/progress.go.</remarks>
internal static class DeploymentProgress
{
    // Times in conditions are whole seconds.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>Whether the Deployment has a progress deadline. <see cref="int.MaxValue"/> means none.</summary>
    public static bool HasDeadline(V1Deployment deployment) => deployment.Spec.ProgressDeadlineSeconds is { } seconds && seconds != int.MaxValue;

    /// <summary>Whether all wanted replicas are of the present template and available, and no other replicas are left.</summary>
    public static bool IsComplete(V1Deployment deployment, V1DeploymentStatus status)
    {
        var wanted = deployment.Spec.Replicas ?? 1;
        return (status.UpdatedReplicas ?? 0) == wanted
            && (status.Replicas ?? 0) == wanted
            && (status.AvailableReplicas ?? 0) == wanted
            && (status.ObservedGeneration ?? 0) >= (deployment.Metadata.Generation ?? 0);
    }

    /// <summary>Updates the Progressing condition.</summary>
    /// <param name="deployment">The deployment as observed.</param>
    /// <param name="status">Its present counts.</param>
    /// <param name="conditions">Its conditions; changed in place.</param>
    /// <param name="set">The name of the new ReplicaSet; null if there is none.</param>
    /// <param name="now">The current time.</param>
    /// <returns>How long until the deadline; null if no progress is awaited.</returns>
    public static TimeSpan? Judge(V1Deployment deployment, V1DeploymentStatus status, DeploymentConditions conditions, string? set, DateTimeOffset now)
    {
        const string Type = DeploymentConditions.Progressing;
        if (!HasDeadline(deployment))
        {
            conditions.Remove(Type);
            return null;
        }

        // A finished rollout has no progress to judge.
        var isOver = status.Replicas == status.UpdatedReplicas && conditions.Find(Type)?.Reason == DeploymentConditions.NewReplicaSetAvailable;
        if (isOver)
            return null;
        var subject = set is null ? $"Deployment \"{deployment.Metadata.Name}\"" : $"ReplicaSet \"{set}\"";
        if (IsComplete(deployment, status))
            conditions.Set(Type, "True", DeploymentConditions.NewReplicaSetAvailable, $"{subject} has successfully progressed.");
        else if (HasAdvanced(deployment.Status, status))
            conditions.Renew(Type, "True", DeploymentConditions.ReplicaSetUpdated, $"{subject} is progressing.");
        else if (DeadlineOf(deployment, conditions) is { } deadline && deadline < now)
            conditions.Set(Type, "False", DeploymentConditions.ProgressDeadlineExceeded, $"{subject} has timed out progressing.");
        return DeadlineOf(deployment, conditions) is { } next ? Waits.After(next, Slack) - now : null;
    }

    /// <summary>When the rollout must have progressed; null if no progress is awaited.</summary>
    private static DateTimeOffset? DeadlineOf(V1Deployment deployment, DeploymentConditions conditions)
    {
        if (conditions.Find(DeploymentConditions.Progressing) is not { } told
            || told.Reason is DeploymentConditions.NewReplicaSetAvailable or DeploymentConditions.ProgressDeadlineExceeded)
        {
            return null;
        }

        return ApiTime.Read(told.LastUpdateTime) is { } since ? Waits.After(since, Waits.Seconds(deployment.Spec.ProgressDeadlineSeconds ?? 0)) : null;
    }

    private static bool HasAdvanced(V1DeploymentStatus? before, V1DeploymentStatus after)
    {
        var (oldBefore, oldAfter) = ((before?.Replicas ?? 0) - (before?.UpdatedReplicas ?? 0), (after.Replicas ?? 0) - (after.UpdatedReplicas ?? 0));
        return (after.UpdatedReplicas ?? 0) > (before?.UpdatedReplicas ?? 0)
            || oldAfter < oldBefore
            || (after.ReadyReplicas ?? 0) > (before?.ReadyReplicas ?? 0)
            || (after.AvailableReplicas ?? 0) > (before?.AvailableReplicas ?? 0);
    }
}
