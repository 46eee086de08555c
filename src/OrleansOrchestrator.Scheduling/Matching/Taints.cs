using k8s.Models;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Scheduling.Matching;

/// <summary>Which taints of a node keep a pod off.</summary>
internal static class Taints
{
    public const string NoSchedule = "NoSchedule";
    public const string PreferNoSchedule = "PreferNoSchedule";
    public const string NoExecute = "NoExecute";

    /// <summary>The taint that stands for <c>spec.unschedulable</c>.</summary>
    public static readonly V1Taint Unschedulable = new() { Key = "node.kubernetes.io/unschedulable", Effect = NoSchedule };

    /// <summary>The first taint that keeps a pod off and is not tolerated; null if there is none.</summary>
    public static V1Taint? FindUntolerated(IReadOnlyList<V1Taint> taints, IReadOnlyList<V1Toleration> tolerations)
    {
        for (var i = 0; i < taints.Count; i++)
        {
            if (taints[i].Effect is NoSchedule or NoExecute && !AreTolerated(taints[i], tolerations))
                return taints[i];
        }

        return null;
    }

    /// <summary>How many taints would rather keep the pod off and are not tolerated.</summary>
    public static int CountUntoleratedPreferences(IReadOnlyList<V1Taint> taints, IReadOnlyList<V1Toleration> tolerations)
    {
        var count = 0;
        for (var i = 0; i < taints.Count; i++)
        {
            if (taints[i].Effect == PreferNoSchedule && !AreTolerated(taints[i], tolerations))
                count++;
        }

        return count;
    }

    public static bool AreTolerated(V1Taint taint, IReadOnlyList<V1Toleration> tolerations)
    {
        for (var i = 0; i < tolerations.Count; i++)
        {
            if (Tolerations.Tolerates(tolerations[i], taint))
                return true;
        }

        return false;
    }
}
