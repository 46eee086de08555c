using System.Diagnostics.Metrics;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Scheduling.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Telemetry;

/// <summary>The meter of stores, watch caches and controllers. Their instruments are defined beside them.</summary>
public static class ControlPlaneMeter
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "OrleansOrchestrator.ControlPlane";

    /// <summary>The names of all meters of a silo but the gateway's.</summary>
    public static IReadOnlyList<string> All { get; } = [Name, SchedulerInstruments.MeterName, LoopInstruments.MeterName];

    /// <summary>Histogram bounds for durations from a tenth of a millisecond to seconds.</summary>
    internal static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    /// <summary>The meter.</summary>
    internal static readonly Meter Meter = new(Name);
}
