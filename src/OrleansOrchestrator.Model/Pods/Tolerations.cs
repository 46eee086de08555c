using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>Which taints a pod tolerates, and for how long. Scheduler, node controller and daemons share it, so that they agree.</summary>
/// <remarks>See ToleratesTaint in k8s.io/api/core/v1/toleration.go.</remarks>
public static class Tolerations
{
    /// <summary>Whether a toleration matches a taint, regardless of its time.</summary>
    public static bool Tolerates(V1Toleration toleration, V1Taint taint)
    {
        if (!string.IsNullOrEmpty(toleration.Effect) && toleration.Effect != taint.Effect)
            return false;
        if (!string.IsNullOrEmpty(toleration.Key) && toleration.Key != taint.Key)
            return false;
        return toleration.OperatorProperty switch
        {
            null or "" or "Equal" => (toleration.Value ?? "") == (taint.Value ?? ""),
            "Exists" => true,
            _ => false,
        };
    }

    /// <summary>Whether one of several tolerations matches a taint.</summary>
    public static bool Tolerates(IReadOnlyList<V1Toleration> tolerations, V1Taint taint)
    {
        for (var i = 0; i < tolerations.Count; i++)
        {
            if (Tolerates(tolerations[i], taint))
                return true;
        }

        return false;
    }

    /// <summary>The first untolerated taint that keeps a new pod off the node; null if there is none.</summary>
    public static V1Taint? FindUntolerated(IReadOnlyList<V1Taint> taints, IReadOnlyList<V1Toleration> tolerations)
    {
        for (var i = 0; i < taints.Count; i++)
        {
            if (taints[i].Effect is TaintEffects.NoSchedule or TaintEffects.NoExecute && !Tolerates(tolerations, taints[i]))
                return taints[i];
        }

        return null;
    }

    /// <summary>The number of untolerated taints of effect PreferNoSchedule.</summary>
    public static int CountUntoleratedPreferences(IReadOnlyList<V1Taint> taints, IReadOnlyList<V1Toleration> tolerations)
    {
        var count = 0;
        for (var i = 0; i < taints.Count; i++)
        {
            if (taints[i].Effect == TaintEffects.PreferNoSchedule && !Tolerates(tolerations, taints[i]))
                count++;
        }

        return count;
    }

    /// <summary>
    /// How long a pod stays after a taint was added: zero if it does not tolerate the taint, null without a limit. Of several matching
    /// tolerations the shortest counts.
    /// </summary>
    public static TimeSpan? StayOf(V1Pod pod, V1Taint taint)
    {
        var matching = (pod.Spec?.Tolerations ?? []).Where(toleration => Tolerates(toleration, taint)).ToList();
        if (matching.Count == 0)
            return TimeSpan.Zero;
        var seconds = matching.Where(toleration => toleration.TolerationSeconds is not null).Min(toleration => toleration.TolerationSeconds);
        return seconds is { } shortest ? FromSeconds(shortest) : null;
    }

    /// <summary>Negative times count as zero, as Kubernetes documents; times are limited to a century.</summary>
    private static TimeSpan FromSeconds(long seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 100L * 365 * 24 * 3600));
}
