using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>How far a rollout may leave the wanted number of replicas.</summary>
/// <param name="Replicas">The wanted replicas.</param>
/// <param name="Surge">How many more there may be for a while.</param>
/// <param name="Unavailable">How many of the wanted ones may be unavailable.</param>
/// <remarks>See ResolveFenceposts in k8s.io/kubernetes/pkg/controller/deployment/util.</remarks>
internal readonly record struct RolloutBounds(int Replicas, int Surge, int Unavailable)
{
    /// <summary>The most replicas that all replica sets may want together.</summary>
    public int Max => (int)Math.Min((long)Replicas + Surge, int.MaxValue);

    /// <summary>The fewest replicas that have to be available.</summary>
    public int MinAvailable => Replicas - Unavailable;

    /// <summary>The bounds that a deployment states. Only a rolling update leaves the wanted number.</summary>
    public static RolloutBounds Of(V1DeploymentSpec spec)
    {
        var replicas = spec.Replicas ?? 1;
        if (spec.Strategy?.Type == RolloutStrategies.Recreate)
            return new RolloutBounds(replicas, 0, 0);

        var update = spec.Strategy?.RollingUpdate;
        var surge = IntOrPercent.Resolve(update?.MaxSurge, replicas, roundUp: true) ?? 0;
        var unavailable = IntOrPercent.Resolve(update?.MaxUnavailable, replicas, roundUp: false) ?? 0;
        // Shares of few replicas may both round to nothing, with which no rollout would ever get on.
        if (surge == 0 && unavailable == 0)
            unavailable = 1;
        return new RolloutBounds(replicas, surge, Math.Min(unavailable, replicas));
    }
}

/// <summary>The names of the strategies.</summary>
internal static class RolloutStrategies
{
    /// <summary>All old pods go before the first new one comes. Every other name means a rolling update.</summary>
    public const string Recreate = "Recreate";
}
