using k8s.Models;

namespace OrleansOrchestrator.Model.Fencing;

/// <summary>Whether, and for how long, a pod stays on a node with a taint.</summary>
/// <remarks>See ToleratesTaint in k8s.io/api/core/v1/toleration.go.</remarks>
public static class Tolerations
{
    /// <summary>
    /// How long a pod stays after a taint has come up: zero if it does not tolerate it, null for as long as it likes. Of
    /// several tolerations that match, the shortest counts.
    /// </summary>
    public static TimeSpan? StayOf(V1Pod pod, V1Taint taint)
    {
        var matching = (pod.Spec?.Tolerations ?? []).Where(toleration => Tolerates(toleration, taint)).ToList();
        if (matching.Count == 0)
            return TimeSpan.Zero;
        var seconds = matching.Where(toleration => toleration.TolerationSeconds is not null).Min(toleration => toleration.TolerationSeconds);
        return seconds is { } shortest ? FromSeconds(shortest) : null;
    }

    /// <summary>Whether a toleration matches a taint, whatever its time.</summary>
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

    /// <summary>Negative times are zero, as Kubernetes documents; beyond a century is a century.</summary>
    private static TimeSpan FromSeconds(long seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 100L * 365 * 24 * 3600));
}
