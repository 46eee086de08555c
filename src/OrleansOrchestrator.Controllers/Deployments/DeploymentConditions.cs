using k8s.Models;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>The conditions of a Deployment, while a plan changes them.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment/util for the reasons and their meanings.</remarks>
internal sealed class DeploymentConditions
{
    /// <summary>Condition type: enough replicas are available.</summary>
    public const string Available = "Available";

    /// <summary>Condition type: the rollout progresses.</summary>
    public const string Progressing = "Progressing";

    /// <summary>Condition type: pods cannot be created or deleted. ReplicaSets have it too.</summary>
    public const string ReplicaFailure = "ReplicaFailure";

    /// <summary>The new ReplicaSet cannot be created.</summary>
    public const string ReplicaSetCreateError = "ReplicaSetCreateError";

    /// <summary>The new ReplicaSet was created.</summary>
    public const string NewReplicaSetCreated = "NewReplicaSetCreated";

    /// <summary>A ReplicaSet of the template exists already.</summary>
    public const string FoundNewReplicaSet = "FoundNewReplicaSet";

    /// <summary>Replicas were created, became ready or were deleted.</summary>
    public const string ReplicaSetUpdated = "ReplicaSetUpdated";

    /// <summary>The rollout is complete.</summary>
    public const string NewReplicaSetAvailable = "NewReplicaSetAvailable";

    /// <summary>The rollout has not progressed before its deadline.</summary>
    public const string ProgressDeadlineExceeded = "ProgressDeadlineExceeded";

    /// <summary>The rollout is paused.</summary>
    public const string DeploymentPaused = "DeploymentPaused";

    /// <summary>The rollout was resumed after a pause.</summary>
    public const string DeploymentResumed = "DeploymentResumed";

    private readonly List<V1DeploymentCondition> _all;
    private readonly DateTime _now;

    /// <summary>Starts from the present conditions.</summary>
    /// <param name="present">The conditions.</param>
    /// <param name="now">The time of the decision.</param>
    public DeploymentConditions(IEnumerable<V1DeploymentCondition>? present, DateTimeOffset now)
    {
        _all = [.. present ?? []];
        _now = ObjectMetaRules.TruncateToSeconds(now);
    }

    /// <summary>All conditions; null for none.</summary>
    public IList<V1DeploymentCondition>? All => _all.Count == 0 ? null : _all;

    /// <summary>The condition of a type; null for none.</summary>
    public V1DeploymentCondition? Find(string type) => _all.Find(condition => condition.Type == type);

    /// <summary>Sets a condition. A condition of the same status and reason stays as it is, with its message and times.</summary>
    public void Set(string type, string status, string reason, string message)
    {
        if (Find(type) is not { } present || present.Status != status || present.Reason != reason)
            Renew(type, status, reason, message);
    }

    /// <summary>Sets a condition and its update time, even if the condition has the same status and reason already.</summary>
    public void Renew(string type, string status, string reason, string message)
    {
        var since = Find(type) is { } present && present.Status == status ? present.LastTransitionTime : _now;
        Put(new V1DeploymentCondition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            LastUpdateTime = _now,
            LastTransitionTime = since,
        });
    }

    /// <summary>Copies the failure condition of a ReplicaSet; removes the condition if <paramref name="failure"/> is null.</summary>
    public void SetReplicaFailure(V1ReplicaSetCondition? failure)
    {
        if (failure is null)
        {
            Remove(ReplicaFailure);
        }
        else if (Find(ReplicaFailure) is not { } present || present.Status != failure.Status || present.Reason != failure.Reason)
        {
            Put(new V1DeploymentCondition
            {
                Type = failure.Type,
                Status = failure.Status,
                Reason = failure.Reason,
                Message = failure.Message,
                LastUpdateTime = failure.LastTransitionTime,
                LastTransitionTime = failure.LastTransitionTime,
            });
        }
    }

    /// <summary>Removes a condition.</summary>
    public void Remove(string type) => _all.RemoveAll(condition => condition.Type == type);

    private void Put(V1DeploymentCondition condition)
    {
        Remove(condition.Type);
        _all.Add(condition);
    }
}
