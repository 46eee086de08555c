using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>How many replicas a rollout may have and must keep available.</summary>
/// <param name="Replicas">The wanted replicas.</param>
/// <param name="Surge">How many replicas above the wanted number a rollout may have.</param>
/// <param name="Unavailable">How many of the wanted ones may be unavailable.</param>
/// <remarks>See ResolveFenceposts in k8s.io/kubernetes/pkg/controller/deployment/util.</remarks>
internal readonly record struct RolloutBounds(int Replicas, int Surge, int Unavailable)
{
    /// <summary>The most replicas that all ReplicaSets may want together.</summary>
    public int Max => (int)Math.Min((long)Replicas + Surge, int.MaxValue);

    /// <summary>The fewest replicas that must be available.</summary>
    public int MinAvailable => Replicas - Unavailable;

    /// <summary>The bounds that a Deployment states. With the Recreate strategy both are the wanted number.</summary>
    public static RolloutBounds Of(V1DeploymentSpec spec)
    {
        var replicas = spec.Replicas ?? 1;
        if (spec.Strategy?.Type == RolloutStrategies.Recreate)
            return new RolloutBounds(replicas, 0, 0);

        var update = spec.Strategy?.RollingUpdate;
        var surge = IntOrPercent.Resolve(update?.MaxSurge, replicas, roundUp: true) ?? 0;
        var unavailable = IntOrPercent.Resolve(update?.MaxUnavailable, replicas, roundUp: false) ?? 0;
        // Percentages of few replicas may both round to zero, and then no rollout could progress.
        if (surge == 0 && unavailable == 0)
            unavailable = 1;
        return new RolloutBounds(replicas, surge, Math.Min(unavailable, replicas));
    }
}

/// <summary>The names of the strategies of Deployments.</summary>
internal static class RolloutStrategies
{
    /// <summary>All old pods are deleted before the first new one is created. Every other name means a rolling update.</summary>
    public const string Recreate = "Recreate";
}
