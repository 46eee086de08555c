namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>The metadata keys of Jobs' pods.</summary>
public static class JobMetadataKeys
{
    /// <summary>The label with the uid of the job.</summary>
    public const string ControllerUid = "batch.kubernetes.io/controller-uid";

    /// <summary>The label with the name of the job.</summary>
    public const string JobName = "batch.kubernetes.io/job-name";

    /// <summary>The annotation and label with the pod's completion index.</summary>
    public const string CompletionIndex = "batch.kubernetes.io/job-completion-index";

    /// <summary>The annotation with how many pods of this index failed before and count towards the limit.</summary>
    public const string IndexFailureCount = "batch.kubernetes.io/job-index-failure-count";

    /// <summary>The annotation with how many pods of this index failed before and do not count towards the limit.</summary>
    public const string IndexIgnoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count";

    /// <summary>The finalizer of a pod that its job has not counted yet.</summary>
    public const string TrackingFinalizer = "batch.kubernetes.io/job-tracking";
}
