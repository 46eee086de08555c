using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>The conditions of jobs.</summary>
public static class JobConditions
{
    /// <summary>The job has ended well. Final.</summary>
    public const string Complete = "Complete";

    /// <summary>The job has failed. Final.</summary>
    public const string Failed = "Failed";

    /// <summary>The job will fail as soon as its pods have ended.</summary>
    public const string FailureTarget = "FailureTarget";

    /// <summary>The job will have ended well as soon as its pods have ended.</summary>
    public const string SuccessCriteriaMet = "SuccessCriteriaMet";

    /// <summary>No pods of the job run until it is resumed.</summary>
    public const string Suspended = "Suspended";

    /// <summary>Whether a condition holds.</summary>
    public static bool Has(V1JobStatus? status, string type) => Find(status, type)?.Status == "True";

    /// <summary>The condition of a type, whether or not it holds; null if there is none.</summary>
    public static V1JobCondition? Find(V1JobStatus? status, string type) =>
        (status?.Conditions).OrNone().FirstOrDefault(condition => condition.Type == type);

    /// <summary>How a job has ended, <see cref="Complete"/> or <see cref="Failed"/>; null if it has not.</summary>
    public static V1JobCondition? Outcome(V1JobStatus? status) =>
        (status?.Conditions).OrNone().FirstOrDefault(condition => condition is { Type: Complete or Failed, Status: "True" });
}
