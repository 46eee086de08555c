using k8s.Models;
using OrleansOrchestrator.Kinds.Batch;

namespace OrleansOrchestrator.Controllers.Jobs;

/// <summary>When an indexed Job succeeds before all of its indexes have succeeded.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/job/success_policy.go.</remarks>
internal static class SuccessPolicy
{
    /// <summary>The index of the first rule that is met; null if none is.</summary>
    /// <param name="policy">The policy; null for none.</param>
    /// <param name="completed">The indexes that have succeeded.</param>
    /// <param name="completions">How many indexes the job has.</param>
    public static int? FirstRuleMet(V1SuccessPolicy? policy, JobIndexes completed, int completions)
    {
        for (var i = 0; i < (policy?.Rules?.Count ?? 0) && completed.Count > 0; i++)
        {
            if (IsMet(policy!.Rules[i], completed, completions))
                return i;
        }

        return null;
    }

    private static bool IsMet(V1SuccessPolicyRule rule, JobIndexes completed, int completions)
    {
        if (rule.SucceededIndexes is null)
            return rule.SucceededCount <= completed.Count;
        var wanted = JobIndexes.Parse(rule.SucceededIndexes, completions);
        return wanted.Count > 0 && completed.CountShared(wanted) >= Math.Min(wanted.Count, rule.SucceededCount ?? int.MaxValue);
    }
}
