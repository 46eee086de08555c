using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>Bounds and times of the reading of usage from nodes.</summary>
public sealed record UsageOptions
{
    /// <summary>For how long a silo repeats what a node has answered.</summary>
    public TimeSpan FreshFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a node may take to answer. One that was not asked before takes more than a second.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a controller waits for a metric, whoever serves it, and a node for its turn to be asked. Then it goes on without.</summary>
    public TimeSpan MetricWithin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The most nodes that a silo asks at the same time.</summary>
    public int NodesAtOnceMax { get; init; } = 256;

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.NotNegative(FreshFor);
        faults.Positive(AnswerWithin);
        faults.Positive(MetricWithin);
        faults.AtLeastOne(NodesAtOnceMax);
        return faults.All;
    }
}
