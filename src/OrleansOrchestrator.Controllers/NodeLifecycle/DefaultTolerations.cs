using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>The tolerations that admission gives every pod that does not decide for itself.</summary>
/// <remarks>See the admission plug-in DefaultTolerationSeconds.</remarks>
public static class DefaultTolerations
{
    private static readonly string[] Keys = [TaintKeys.NotReady, TaintKeys.Unreachable];

    /// <summary>Lets a pod stay for a while on a node that is not ready or unreachable, unless the pod says otherwise.</summary>
    /// <param name="spec">The pod's spec; changed in place.</param>
    /// <param name="seconds">For how long, in seconds.</param>
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
