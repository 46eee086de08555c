using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>
/// Rolls a Deployment from one template to the next through its ReplicaSets, one step for each plan, and keeps its status up to
/// date.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment.</remarks>
public sealed class DeploymentReconciler : IReconciler
{
    private const int WritesMax = 500;

    private static readonly SelectedByLabels Selected = new(WellKnownResources.ReplicaSets, deployment => SelectorOf((V1Deployment)deployment));
    private static readonly ControlledByOwner Controlled = new(WellKnownResources.ReplicaSets);

    // Only the Recreate strategy needs the pods: it waits until no old pod runs.
    private static readonly SelectedByLabels Pods = new(
        WellKnownResources.Pods, deployment => IsRolling((V1Deployment)deployment) ? LabelSelector.Nothing : SelectorOf((V1Deployment)deployment));

    /// <inheritdoc/>
    public string Name => "deployment-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Deployments;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Selected, Controlled, Pods];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Deployment { Spec.Template: not null } deployment)
            return Plan.Nothing;

        var claims = ClaimedObjects<V1ReplicaSet>.Of(
            deployment, SelectorOf(deployment), WellKnownResources.ReplicaSets, observation.OfAny<V1ReplicaSet>(Selected, Controlled));
        // Each adoption and release is a change after which the Deployment is reconciled again.
        if (claims.Changes.Count > 0)
            return new Plan { Actions = [.. claims.Changes.Take(WritesMax)] };

        var rollout = new Rollout(deployment, claims.Objects);
        var conditions = new DeploymentConditions(deployment.Status?.Conditions, observation.Now);
        if (deployment.Metadata.DeletionTimestamp is not null)
            return Counted(deployment, rollout, conditions, [], observation.Now);

        NotePause(deployment, conditions);
        rollout.SyncRevision();
        // A recreation with several active sets, as a change of the strategy leaves them, shares nothing out among them.
        var isRescaled = rollout.IsResized && (IsRolling(deployment) || rollout.Active.Count() == 1);
        if (deployment.Spec.Paused is true || isRescaled)
        {
            ProportionalScaling.Scale(rollout, IsRolling(deployment), deployment.Status?.Replicas ?? 0);
            return Counted(deployment, rollout, conditions, deployment.Spec.Paused is true ? FormerReplicaSets.Surplus(deployment, rollout) : [], observation.Now);
        }

        if (IsRolling(deployment))
            RollingUpdate.Advance(rollout);
        else
            RecreateUpdate.Advance(rollout, observation.Of<V1Pod>(Pods));
        return Advanced(deployment, rollout, conditions, observation.Now);
    }

    private static LabelSelector SelectorOf(V1Deployment deployment) =>
        LabelSelector.From(deployment.Spec?.Selector) is { IsEverything: false } selector ? selector : LabelSelector.Nothing;

    private static bool IsRolling(V1Deployment deployment) => deployment.Spec?.Strategy?.Type != RolloutStrategies.Recreate;

    /// <summary>The time of a pause does not count towards the progress deadline.</summary>
    private static void NotePause(V1Deployment deployment, DeploymentConditions conditions)
    {
        var present = conditions.Find(DeploymentConditions.Progressing)?.Reason;
        if (!DeploymentProgress.HasDeadline(deployment) || present == DeploymentConditions.ProgressDeadlineExceeded)
            return;
        if (deployment.Spec.Paused is true)
            conditions.Set(DeploymentConditions.Progressing, "Unknown", DeploymentConditions.DeploymentPaused, "Deployment is paused");
        else if (present == DeploymentConditions.DeploymentPaused)
            conditions.Set(DeploymentConditions.Progressing, "Unknown", DeploymentConditions.DeploymentResumed, "Deployment is resumed");
    }

    /// <summary>A plan whose status has new counts, but no verdict on progress: no rollout is under way.</summary>
    private static Plan Counted(
        V1Deployment deployment, Rollout rollout, DeploymentConditions conditions, IReadOnlyList<ObjectAction> deletions, DateTimeOffset now)
    {
        NoteFound(deployment, rollout, conditions);
        var status = DeploymentStatus.Count(deployment, rollout, conditions);
        status.Conditions = conditions.All;
        return new Plan
        {
            Actions = [.. rollout.Actions.Take(WritesMax), .. deletions],
            Conclude = refused => DeploymentStatus.Conclude(deployment, rollout, status, refused, now),
        };
    }

    /// <summary>A plan of a rollout. Its status has a verdict on progress.</summary>
    private static Plan Advanced(V1Deployment deployment, Rollout rollout, DeploymentConditions conditions, DateTimeOffset now)
    {
        NoteFound(deployment, rollout, conditions);
        var status = DeploymentStatus.Count(deployment, rollout, conditions);
        var deadline = DeploymentProgress.Judge(deployment, status, conditions, rollout.New?.Name, now);
        conditions.SetReplicaFailure(DeploymentStatus.FailureOf(rollout));
        // As long as the rollout is not told to be complete, everything may still be gone back to.
        var isDone = !rollout.IsScaled && deployment.Status is { } told && DeploymentProgress.IsComplete(deployment, told);
        status.Conditions = conditions.All;
        return new Plan
        {
            Actions = [.. rollout.Actions.Take(WritesMax), .. isDone ? FormerReplicaSets.Surplus(deployment, rollout) : []],
            Conclude = refused => DeploymentStatus.Conclude(deployment, rollout, status, refused, now),
            RequeueAfter = deadline,
        };
    }

    private static void NoteFound(V1Deployment deployment, Rollout rollout, DeploymentConditions conditions)
    {
        if (rollout.New is not { } set || !DeploymentProgress.HasDeadline(deployment))
            return;
        if (rollout.IsNewCreated)
            conditions.Set(DeploymentConditions.Progressing, "True", DeploymentConditions.NewReplicaSetCreated, $"Created new replica set \"{set.Name}\"");
        else if (conditions.Find(DeploymentConditions.Progressing) is null)
            conditions.Set(DeploymentConditions.Progressing, "True", DeploymentConditions.FoundNewReplicaSet, $"Found new replica set \"{set.Name}\"");
    }
}
