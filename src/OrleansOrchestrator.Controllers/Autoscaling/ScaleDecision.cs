using k8s.Models;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>From what the metrics ask for to what is done: stabilization over time, bounds, and speed.</summary>
/// <param name="Replicas">The replicas to have.</param>
/// <param name="History">The history with this recommendation.</param>
/// <remarks>See normalizeDesiredReplicas… in k8s.io/kubernetes/pkg/controller/podautoscaler.</remarks>
internal sealed record ScaleDecision(int Replicas, ScalingHistory History)
{
    // Without a behavior: at most twice as many at once, or four.
    private const int GrowthFactor = 2;
    private const int GrowthMin = 4;

    private static readonly (string, string) WithinRange = ("DesiredWithinRange", "the desired count is within the acceptable range");
    private static readonly (string, string) TooFast = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
    private static readonly (string, string) TooFastDown = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");
    private static readonly (string, string) TooMany = ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
    private static readonly (string, string) TooFew = ("TooFewReplicas", "the desired replica count is less than the minimum replica count");

    /// <summary>The condition <c>AbleToScale</c>: whether recent recommendations hold the target.</summary>
    public (string Reason, string Message) Able { get; private init; }

    /// <summary>The condition <c>ScalingLimited</c>: which bound holds the target.</summary>
    public (string Reason, string Message) Limit { get; private init; }

    /// <summary>Whether a bound holds the target.</summary>
    public bool IsLimited { get; private init; }

    /// <summary>Decides.</summary>
    /// <param name="hpa">The autoscaler.</param>
    /// <param name="minReplicas">Its least replicas.</param>
    /// <param name="current">The present replicas.</param>
    /// <param name="wanted">The replicas that the metrics ask for.</param>
    /// <param name="history">What was recommended and done before.</param>
    /// <param name="options">The default window.</param>
    /// <param name="now">The time.</param>
    public static ScaleDecision Make(
        V2HorizontalPodAutoscaler hpa, int minReplicas, int current, int wanted, ScalingHistory history, AutoscalerOptions options, DateTimeOffset now)
    {
        var max = hpa.Spec.MaxReplicas;
        if (hpa.Spec.Behavior is not { } behavior)
        {
            var highest = history.Highest(wanted, now, options.DownscaleStabilization);
            var fastest = (int)Math.Min(Math.Max((long)GrowthFactor * current, GrowthMin), int.MaxValue);
            var bounded = highest < minReplicas ? (minReplicas, TooFew)
                : highest > Math.Min(max, fastest) ? (Math.Min(max, fastest), max > fastest ? TooFast : TooMany)
                : (highest, WithinRange);
            return Of(wanted, current, highest, bounded, history.Recommend(wanted, now, options.DownscaleStabilization));
        }

        var up = new ScalingRules(behavior.ScaleUp, isUp: true, TimeSpan.Zero);
        var down = new ScalingRules(behavior.ScaleDown, isUp: false, options.DownscaleStabilization);
        var stable = Math.Min(Math.Max(current, history.Lowest(wanted, now, up.Window)), history.Highest(wanted, now, down.Window));
        var recommended = history.Recommend(wanted, now, up.Window > down.Window ? up.Window : down.Window);
        var (most, least) = (up.Limit(current, history, now), down.Limit(current, history, now));
        var limited = stable > current && stable > Math.Min(max, most) ? (Math.Min(max, most), max > most ? TooFast : TooMany)
            : stable < current && stable < Math.Max(minReplicas, least) ? (Math.Max(minReplicas, least), minReplicas < least ? TooFastDown : TooFew)
            : (stable, WithinRange);
        return Of(wanted, current, stable, limited, recommended);
    }

    private static ScaleDecision Of(int wanted, int current, int stable, (int Replicas, (string, string) Limit) bounded, ScalingHistory history) =>
        new(bounded.Replicas, history)
        {
            Able = stable == wanted ? ("ReadyForNewScale", "recommended size matches current size")
                : wanted > stable ? ("ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation")
                : ("ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation"),
            Limit = bounded.Limit,
            IsLimited = bounded.Replicas != stable,
        };
}
