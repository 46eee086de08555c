using System.Collections.Immutable;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Pressure;

/// <summary>The shortages of a node, as far as later decisions need them. Immutable: each look at the node makes the next one.</summary>
/// <remarks>Times are those of a clock that nobody sets.</remarks>
internal sealed record PressureHistory
{
    public static readonly PressureHistory Empty = new();

    // Since when less than a threshold is left, by threshold.
    private ImmutableDictionary<EvictionThreshold, TimeSpan> MetSince { get; init; } = ImmutableDictionary<EvictionThreshold, TimeSpan>.Empty;

    // When a condition was last seen.
    private ImmutableDictionary<PressureCondition, TimeSpan> LastSeen { get; init; } = ImmutableDictionary<PressureCondition, TimeSpan>.Empty;

    /// <summary>The thresholds for which pods are evicted now, the most urgent one first.</summary>
    public ImmutableArray<EvictionThreshold> Due { get; private init; } = [];

    /// <summary>The conditions of the node, in the order of its status.</summary>
    public ImmutableArray<PressureCondition> Conditions { get; private init; } = [];

    /// <summary>Goes on with what is left now.</summary>
    /// <param name="thresholds">How much must be left.</param>
    /// <param name="readings">How much is left.</param>
    /// <param name="transitionPeriod">How long a condition stays after it was last seen, so that it does not come and go.</param>
    /// <param name="now">The time.</param>
    public PressureHistory Next(IReadOnlyList<EvictionThreshold> thresholds, NodeReadings readings, TimeSpan transitionPeriod, TimeSpan now)
    {
        var met = thresholds.Where(threshold => readings.Signals.TryGetValue(threshold.Signal, out var reading) && threshold.IsMet(reading, Due.Contains(threshold))).ToList();
        var since = met.ToImmutableDictionary(threshold => threshold, threshold => MetSince.GetValueOrDefault(threshold, now));
        var seen = LastSeen.SetItems(met.Select(threshold => KeyValuePair.Create(threshold.Signal.Condition, now)));
        return new PressureHistory
        {
            MetSince = since,
            LastSeen = seen,
            // The others follow in the order of the options. Without memory nothing else can be done.
            Due = [.. met.Where(threshold => now - since[threshold] >= threshold.GracePeriod).OrderBy(threshold => threshold.Signal != EvictionSignal.MemoryAvailable)],
            Conditions = [.. PressureCondition.All.Where(condition => seen.TryGetValue(condition, out var at) && (at == now || now - at < transitionPeriod))],
        };
    }

    /// <summary>Whether less than some threshold is left, regardless of grace periods.</summary>
    public static bool IsShort(IReadOnlyList<EvictionThreshold> thresholds, NodeReadings readings) =>
        thresholds.Any(threshold => readings.Signals.TryGetValue(threshold.Signal, out var reading) && threshold.IsMet(reading, wasMet: false));
}
