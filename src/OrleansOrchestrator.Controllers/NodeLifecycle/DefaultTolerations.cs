using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>The tolerations that admission adds to every pod that has none of its own for these taints.</summary>
/// <remarks>See Kubernetes' admission plug-in DefaultTolerationSeconds.</remarks>
public static class DefaultTolerations
{
    private static readonly string[] Keys = [TaintKeys.NotReady, TaintKeys.Unreachable];

    /// <summary>Lets a pod stay for some time on a node that is not ready or unreachable, unless the pod has a toleration for that taint.</summary>
    /// <param name="spec">The pod's spec; changed in place.</param>
    /// <param name="seconds">How long the pod may stay, in seconds.</param>
    public static void Apply(V1PodSpec spec, long seconds)
    {
        foreach (var key in Keys)
        {
            if (spec.Tolerations?.Any(toleration => DecidesAbout(toleration, key)) is true)
                continue;
            spec.Tolerations =
            [
                .. spec.Tolerations ?? [],
                new V1Toleration { Key = key, OperatorProperty = "Exists", Effect = TaintEffects.NoExecute, TolerationSeconds = seconds },
            ];
        }
    }

    private static bool DecidesAbout(V1Toleration toleration, string key) =>
        (string.IsNullOrEmpty(toleration.Key) || toleration.Key == key) && toleration.Effect is null or "" or TaintEffects.NoExecute;
}
