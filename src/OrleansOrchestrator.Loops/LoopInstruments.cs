using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansOrchestrator.Loops;

/// <summary>Metrics of loops and of the objects that they handle.</summary>
public static class LoopInstruments
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansOrchestrator.Loops";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Faults = Meter.CreateCounter<long>(
        "orchestrator_loop_faults", description: "How often a step of a loop failed and was tried again.");

    private static readonly Counter<long> Objects = Meter.CreateCounter<long>(
        "orchestrator_object_faults", description: "How often an object could not be handled and was set aside.");

    /// <summary>Counts a step of a loop that failed.</summary>
    public static void StepFailed(string loop) => Faults.Add(1, new TagList { { "loop", loop } });

    /// <summary>Counts an object that could not be handled.</summary>
    public static void ObjectFailed(string handler) => Objects.Add(1, new TagList { { "handler", handler } });
}
