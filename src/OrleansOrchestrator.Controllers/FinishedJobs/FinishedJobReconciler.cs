using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.FinishedJobs;

/// <summary>Deletes finished Jobs whose <c>ttlSecondsAfterFinished</c> has passed.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/ttlafterfinished.</remarks>
public sealed class FinishedJobReconciler : IReconciler
{
    /// <inheritdoc/>
    public string Name => "ttl-after-finished-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Jobs;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations => [];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Job { Spec.TtlSecondsAfterFinished: { } seconds, Metadata.DeletionTimestamp: null } job
            || ApiTime.Read(JobConditions.Outcome(job.Status)?.LastTransitionTime) is not { } end)
        {
            return Plan.Nothing;
        }

        var rest = Waits.After(end, Waits.Seconds(seconds)) - observation.Now;
        if (rest > TimeSpan.Zero)
            return new Plan { RequeueAfter = rest };
        // Deletes only the observed version: the user may be extending the time.
        return new Plan
        {
            Actions =
            [
                new DeleteObject(WellKnownResources.Jobs, job.Key, job.Metadata.Uid, Propagation: DeletionPropagation.Foreground)
                {
                    ResourceVersion = job.Metadata.ResourceVersion,
                },
            ],
        };
    }
}
