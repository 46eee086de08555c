using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>A pod as seen by its Job.</summary>
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
        IsTerminating = pod.IsDeleting && !pod.IsTerminal;
        HasFailed = pod.Status?.Phase == PodPhase.Failed || (IsTerminating && !demand.ReplacesOnlyEnded);
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

    /// <summary>Whether it has the tracking finalizer: it is not counted yet, or is counted and its finalizer is removed next.</summary>
    public bool IsTracked { get; }

    /// <summary>Whether it is neither terminal nor being deleted.</summary>
    public bool IsActive => Pod.IsActive;

    /// <summary>Whether it is being deleted and has not ended. The grace period does not matter: what was deleted with none runs on until
    /// its node has stopped it, and its phase says when it has.</summary>
    public bool IsTerminating { get; }

    /// <summary>Whether it has succeeded.</summary>
    public bool HasSucceeded { get; }

    /// <summary>Whether it has failed, or counts as failed because it is being deleted.</summary>
    public bool HasFailed { get; }

    /// <summary>The completion index of the pod; null if it has no index, or one that the Job does not have.</summary>
    public int? Index { get; }

    /// <summary>Whether the Job counts it: a pod of an indexed Job must have one of the Job's indexes.</summary>
    public bool IsOfTheJob { get; }

    /// <summary>What the pod failure policy says about its failure, if it has failed.</summary>
    public PodFailure Failure { get; }

    /// <summary>How many pods of its index failed before it and count towards the limit.</summary>
    public int IndexFailures { get; }

    /// <summary>How many pods of its index failed before it and do not count towards the limit.</summary>
    public int IgnoredIndexFailures { get; }

    /// <summary>How many pods of its index failed before it.</summary>
    public long AllIndexFailures => (long)IndexFailures + IgnoredIndexFailures;

    /// <summary>When the pod ended, as far as the pod tells.</summary>
    /// <remarks>A pod that its node ended has the end times of its containers. A pod that no node ended has only its deletion time.</remarks>
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
            var sidecars = (Pod.Spec?.Sidecars ?? []).Select(container => container.Name).ToHashSet();
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
