using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>The times and bounds of the node lifecycle controller.</summary>
public sealed record NodeLifecycleOptions
{
    /// <summary>The times that daemons and the node controller agree on.</summary>
    public FencingTimes Times { get; init; } = new();

    /// <summary>How long a Node object must be missing before its pods are evicted. Longer than the lag of caches.</summary>
    public TimeSpan MissingNodeGrace { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The longest time in which the observer saw nothing, or heard of no node, before all nodes get their full time again.</summary>
    public TimeSpan BlindTimeMax { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The most nodes of a view, its own node included. Odd, so that a node has equally many neighbours on either side.</summary>
    public int ViewNodesMax { get; init; } = 7;

    /// <summary>How long a node must be unreachable before it is left out of the views of others.</summary>
    public TimeSpan ViewRemovalTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most writes of one plan; the rest follows in the next one.</summary>
    public int ActionsMax { get; init; } = 500;

    /// <summary>All faults, each in one sentence; empty if the options are consistent (invariant I7).</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.AddRange(Times.Faults());
        faults.NotNegative(MissingNodeGrace);
        faults.Positive(BlindTimeMax);
        faults.Require(ViewNodesMax > 0 && ViewNodesMax % 2 == 1, $"ViewNodesMax must be odd and positive, but is {ViewNodesMax}.");
        faults.NotNegative(ViewRemovalTime);
        faults.AtLeastOne(ActionsMax);
        return faults.All;
    }
}
