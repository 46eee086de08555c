using OrleansOrchestrator.LoadTests.Hollow;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>A row about pods: their rate is from the first one that was seen to the last that got there, their times from when each was seen first.</summary>
internal static class PodRow
{
    /// <summary>Makes the row.</summary>
    /// <param name="work">What was done.</param>
    /// <param name="meter">Ends with it.</param>
    /// <param name="progress">The pods.</param>
    /// <param name="expected">How many should have got there.</param>
    /// <param name="end">When a pod got there.</param>
    public static Measurement Of(string work, CpuMeter meter, PodProgress progress, long expected, Func<PodProgress.Times, long> end)
    {
        var durations = progress.Durations(end);
        return meter.Stop(new Measurement(work, durations.Length, Math.Max(0, expected - durations.Length), progress.Span(end).TotalSeconds)
        {
            P50 = At(0.5),
            P99 = At(0.99),
        });

        double At(double quantile) => durations.Length == 0 ? double.NaN : durations[Math.Min(durations.Length - 1, (int)(durations.Length * quantile))];
    }
}
