using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>A pod, as its job looks at it.</summary>
internal sealed class JobPod
{
    /// <summary>Reads a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="demand">What its job asks for.</param>
    public JobPod(V1Pod pod, JobDemand demand)
    {
        Pod = pod;
        IsTracked = pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer);
        HasSucceeded = pod.Status?.Phase == PodPhase.Succeeded;
        // One that was removed at once is there for its finalizers only, whatever its phase still says.
        IsTerminating = pod.IsDeleting && !pod.IsTerminal && pod.Metadata.DeletionGracePeriodSeconds != 0;
        HasFailed = pod.Status?.Phase == PodPhase.Failed || (pod.IsDeleting && !HasSucceeded && !(IsTerminating && demand.ReplacesOnlyEnded));
        Index = demand.IsIndexed && Number(JobMetadataKeys.CompletionIndex) is { } index && index < demand.Completions ? index : null;
        IsOfTheJob = !demand.IsIndexed || Index is not null;
        Failure = demand.Job.Spec.PodFailurePolicy is { } policy ? PodFailure.Of(policy, pod) : PodFailure.Plain;
        IndexFailures = Number(JobMetadataKeys.IndexFailureCount) ?? 0;
        IgnoredIndexFailures = Number(JobMetadataKeys.IndexIgnoredFailureCount) ?? 0;
    }

    /// <summary>The pod.</summary>
    public V1Pod Pod { get; }

    /// <summary>Its uid.</summary>
    public string Uid => Pod.Metadata.Uid;

    /// <summary>Whether it carries the finalizer: it is not counted yet, or is counted and the finalizer is next to go.</summary>
    public bool IsTracked { get; }

    /// <summary>Whether it runs, or is about to.</summary>
    public bool IsActive => Pod.IsActive;

    /// <summary>Whether it is on its way out and has not ended.</summary>
    public bool IsTerminating { get; }

    /// <summary>Whether it has ended well.</summary>
    public bool HasSucceeded { get; }

    /// <summary>Whether it has failed, or counts as failed because it is being deleted.</summary>
    public bool HasFailed { get; }

    /// <summary>The index that it is to complete; null if it has none that the job has.</summary>
    public int? Index { get; }

    /// <summary>Whether it is one of those that the job counts: those of an indexed job have one of its indexes.</summary>
    public bool IsOfTheJob { get; }

    /// <summary>What its failure means, if it has failed.</summary>
    public PodFailure Failure { get; }

    /// <summary>How many pods of its index failed before it and counted.</summary>
    public int IndexFailures { get; }

    /// <summary>How many pods of its index failed before it without counting.</summary>
    public int IgnoredIndexFailures { get; }

    /// <summary>How many pods of its index failed before it.</summary>
    public long AllIndexFailures => (long)IndexFailures + IgnoredIndexFailures;

    /// <summary>When it ended, as far as it is known.</summary>
    /// <remarks>A pod that its node has ended says when its containers ended; one that nobody has ended was deleted.</remarks>
    public DateTimeOffset EndedAt => ContainersEndedAt ?? UnreadySince ?? DeletedAt ?? ApiTime.Read(Pod.Metadata.CreationTimestamp) ?? DateTimeOffset.MinValue;

    private DateTimeOffset? UnreadySince =>
        Pod.Condition(PodConditionTypes.Ready) is { Status: "False" } condition ? ApiTime.Read(condition.LastTransitionTime) : null;

    private DateTimeOffset? DeletedAt => Pod.Metadata.DeletionTimestamp is { } end
        ? Waits.After(ApiTime.Read(end), -Waits.Seconds(Pod.Metadata.DeletionGracePeriodSeconds ?? 0))
        : null;

    private DateTimeOffset? ContainersEndedAt
    {
        get
        {
            var sidecars = (Pod.Spec?.InitContainers ?? []).Where(container => container.RestartPolicy == "Always").Select(container => container.Name).ToHashSet();
            var ends = (Pod.Status?.ContainerStatuses ?? [])
                .Concat((Pod.Status?.InitContainerStatuses ?? []).Where(status => sidecars.Contains(status.Name)))
                .Select(status => status.State?.Terminated?.FinishedAt).ToList();
            return ends.Count > 0 && ends.TrueForAll(end => end is not null) ? ApiTime.Read(ends.Max()) : null;
        }
    }

    private int? Number(string annotation) =>
        Pod.Metadata.Annotations?.TryGetValue(annotation, out var text) is true
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
