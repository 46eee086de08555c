using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>How long a silent node is given, and what may be relied on about its daemon.</summary>
public sealed record NodeLifecycleOptions
{
    /// <summary>The times that daemons and the node controller agree on.</summary>
    public FencingTimes Times { get; init; } = new();

    /// <summary>How long a node has to be missing from the API until its pods are given up: longer than caches lag.</summary>
    public TimeSpan MissingNodeGrace { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>After how long in which the observer saw nothing, or no node was heard of, all nodes get their full time again.</summary>
    public TimeSpan BlindTimeMax { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The most nodes of a view, the node whose view it is included; odd, so that it has as many neighbours on either side.</summary>
    public int ViewNodesMax { get; init; } = 7;

    /// <summary>How long a node has to be unreachable until the others decide without it.</summary>
    public TimeSpan ViewRemovalTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most writes of one plan; the rest follows in the next one.</summary>
    public int ActionsMax { get; init; } = 500;

    /// <summary>All faults, each in a sentence; empty if the options hold together (invariant I7).</summary>
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
