using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Batch;

/// <summary>The conditions of jobs.</summary>
internal static class JobConditions
{
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string FailureTarget = "FailureTarget";
    public const string SuccessCriteriaMet = "SuccessCriteriaMet";
    public const string Suspended = "Suspended";

    public static bool Has(V1JobStatus? status, string type) =>
        (status?.Conditions).OrNone().Any(condition => condition.Type == type && condition.Status == "True");
}
