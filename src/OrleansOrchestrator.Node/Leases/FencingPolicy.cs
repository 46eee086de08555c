using k8s.Models;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>When a pod must stop because the control plane may be about to run it elsewhere (invariant I7). Pure.</summary>
/// <remarks>
/// The control plane starts a replacement no earlier than lease duration + toleration after the last renewal it
/// received. The daemon counts from the moment it sent that renewal, which is earlier, so a pod that is fenced after
/// lease + toleration - reserve, and stopped within the reserve, is never alive beside its replacement.
/// </remarks>
/// <param name="fencingTime">When pods with the default toleration stop.</param>
/// <param name="defaultToleration">The toleration for which <paramref name="fencingTime"/> holds.</param>
internal sealed class FencingPolicy(TimeSpan fencingTime, TimeSpan defaultToleration)
{
    private const string Unreachable = "node.kubernetes.io/unreachable";

    /// <summary>How long without an acknowledged renewal the pod may run; null if it tolerates that for ever.</summary>
    public TimeSpan? FenceAfter(V1Pod pod)
    {
        var tolerated = Tolerated(pod);
        if (tolerated is null)
            return null;

        // A toleration can be centuries long; it is cut so that the arithmetic stays in range.
        var difference = Min(tolerated.Value, TimeSpan.FromDays(3650)) - defaultToleration;
        var after = fencingTime + difference;
        return after > TimeSpan.Zero ? after : TimeSpan.Zero;
    }

    /// <summary>The shortest toleration among those that match the taint, as the taint eviction controller takes it.</summary>
    private static TimeSpan? Tolerated(V1Pod pod)
    {
        var matching = (pod.Spec.Tolerations ?? []).Where(Matches).ToList();
        if (matching.Count == 0)
            return TimeSpan.Zero;
        var bounded = matching.Where(t => t.TolerationSeconds is not null).Select(t => Math.Max(0, t.TolerationSeconds!.Value)).ToList();
        return bounded.Count == 0 ? null : TimeSpan.FromSeconds(Math.Min(bounded.Min(), (long)TimeSpan.FromDays(3650).TotalSeconds));
    }

    private static bool Matches(V1Toleration toleration)
    {
        var effect = string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == "NoExecute";
        var exists = toleration.OperatorProperty == "Exists";
        var key = toleration.Key == Unreachable || (string.IsNullOrEmpty(toleration.Key) && exists);
        return effect && key && (exists || string.IsNullOrEmpty(toleration.Value));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
