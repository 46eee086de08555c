using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Node.Thresholds;

/// <summary>How much must be left of something. Below it, pods are evicted.</summary>
/// <param name="Signal">Of what.</param>
/// <param name="Amount">How much must be left.</param>
/// <param name="GracePeriod">How long less may be left before pods are evicted; zero for a hard threshold.</param>
/// <param name="MinReclaim">How much more must be left before it counts as enough again.</param>
internal sealed record EvictionThreshold(EvictionSignal Signal, ThresholdAmount Amount, TimeSpan GracePeriod, ThresholdAmount MinReclaim)
{
    public bool IsHard => GracePeriod == TimeSpan.Zero;

    /// <summary>Reads the operator's options. Thresholds of 0 % and 100 % are none, as with the kubelet.</summary>
    /// <param name="evictionHard">What must be left, by the signal's name.</param>
    /// <param name="evictionSoft">What should be left.</param>
    /// <param name="evictionSoftGracePeriod">For how long less may be left than should.</param>
    /// <param name="evictionMinimumReclaim">How much more must be left after a shortage.</param>
    /// <param name="faults">Receives what is wrong with them, a sentence each.</param>
    public static IReadOnlyList<EvictionThreshold> Of(
        IReadOnlyDictionary<string, string> evictionHard,
        IReadOnlyDictionary<string, string> evictionSoft,
        IReadOnlyDictionary<string, TimeSpan> evictionSoftGracePeriod,
        IReadOnlyDictionary<string, string> evictionMinimumReclaim,
        OptionFaults faults)
    {
        var reclaims = Read(evictionMinimumReclaim, "EvictionMinimumReclaim", faults).ToDictionary(one => one.Signal, one => one.Amount);
        var thresholds = Read(evictionHard, "EvictionHard", faults).Select(one => Of(one.Signal, one.Amount, TimeSpan.Zero)).ToList();
        foreach (var (signal, amount) in Read(evictionSoft, "EvictionSoft", faults))
        {
            var grace = evictionSoftGracePeriod.GetValueOrDefault(signal.Name);
            faults.Require(grace > TimeSpan.Zero, $"EvictionSoft has {signal}, and EvictionSoftGracePeriod has no positive time for it.");
            if (grace > TimeSpan.Zero)
                thresholds.Add(Of(signal, amount, grace));
        }

        foreach (var name in evictionSoftGracePeriod.Keys)
            faults.Require(evictionSoft.ContainsKey(name), $"EvictionSoftGracePeriod has {name}, which EvictionSoft does not have.");
        return [.. thresholds.Where(threshold => threshold.Amount is { Fraction: > 0 and < 1 } or { Number: > 0 })];

        EvictionThreshold Of(EvictionSignal signal, ThresholdAmount amount, TimeSpan grace) => new(signal, amount, grace, reclaims.GetValueOrDefault(signal));
    }

    /// <summary>Whether too little is left.</summary>
    /// <param name="reading">What is left.</param>
    /// <param name="wasMet">Whether too little was left before, so that it is enough only when more is left.</param>
    public bool IsMet(SignalReading reading, bool wasMet) =>
        reading.Available < Amount.Of(reading.Capacity) + (wasMet ? MinReclaim.Of(reading.Capacity) : 0);

    private static IEnumerable<(EvictionSignal Signal, ThresholdAmount Amount)> Read(
        IReadOnlyDictionary<string, string> option, string name, OptionFaults faults)
    {
        foreach (var (key, text) in option)
        {
            var signal = EvictionSignal.Find(key);
            faults.Require(signal is not null, $"{name} has {key}; there are {string.Join(", ", EvictionSignal.Names)}.");
            var isAmount = ThresholdAmount.TryParse(text ?? "", out var amount);
            faults.Require(isAmount, $"{name} has \"{text}\" for {key}, which must be an amount such as 100Mi, or a percentage such as 10%.");
            if (signal is not null && isAmount)
                yield return (signal, amount);
        }
    }
}
