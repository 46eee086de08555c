using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>The conditions of jobs.</summary>
public static class JobConditions
{
    /// <summary>The Job has completed. Final.</summary>
    public const string Complete = "Complete";

    /// <summary>The job has failed. Final.</summary>
    public const string Failed = "Failed";

    /// <summary>The Job fails as soon as its pods have ended.</summary>
    public const string FailureTarget = "FailureTarget";

    /// <summary>The Job completes as soon as its pods have ended.</summary>
    public const string SuccessCriteriaMet = "SuccessCriteriaMet";

    /// <summary>The Job is suspended: it has no active pods until it is resumed.</summary>
    public const string Suspended = "Suspended";

    /// <summary>Whether a condition holds.</summary>
    public static bool Has(V1JobStatus? status, string type) => Find(status, type)?.Status == "True";

    /// <summary>The condition of a type, whether or not it holds; null if there is none.</summary>
    public static V1JobCondition? Find(V1JobStatus? status, string type) =>
        (status?.Conditions).OrNone().FirstOrDefault(condition => condition.Type == type);

    /// <summary>The final condition of a Job, <see cref="Complete"/> or <see cref="Failed"/>; null if it has not finished.</summary>
    public static V1JobCondition? Outcome(V1JobStatus? status) =>
        (status?.Conditions).OrNone().FirstOrDefault(condition => condition is { Type: Complete or Failed, Status: "True" });
}
