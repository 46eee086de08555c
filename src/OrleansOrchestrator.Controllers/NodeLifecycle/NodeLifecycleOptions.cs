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

    /// <summary>
    /// The most nodes of a view, its own node included. Odd, so that a node has equally many neighbours on either side. If three tenths
    /// of a large cluster are lost at once, 1.7 % of them lack votes with 31, and a quarter with 7.
    /// </summary>
    public int ViewNodesMax { get; init; } = 31;

    /// <summary>How long a node must be unreachable before it is left out of the views of others.</summary>
    public TimeSpan ViewRemovalTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many nodes of a zone may begin to lose their pods in a second, as kube-controller-manager's <c>--node-eviction-rate</c>.
    /// So large that a third of 5,000 nodes is replaced in time: here fencing and the votes of peers prove that a silent node runs
    /// nothing, so that waiting saves no pod.
    /// </summary>
    public double NodeEvictionRate { get; init; } = 500;

    /// <summary>
    /// The same for a large zone of which most nodes are lost, as <c>--secondary-node-eviction-rate</c>; 0 evicts nothing.
    /// </summary>
    public double SecondaryNodeEvictionRate { get; init; }

    /// <summary>
    /// The share of lost nodes, and at least three, from which nothing is evicted, or at the secondary rate, in a zone and in the
    /// whole cluster, as <c>--unhealthy-zone-threshold</c>.
    /// </summary>
    public double UnhealthyZoneThreshold { get; init; } = 0.55;

    /// <summary>
    /// A zone with no more nodes than this evicts nothing when most of them are lost, as <c>--large-cluster-size-threshold</c>.
    /// </summary>
    public int LargeClusterSizeThreshold { get; init; } = 50;

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
        faults.Require(NodeEvictionRate is > 0 and < double.PositiveInfinity, $"NodeEvictionRate must be positive, but is {NodeEvictionRate}.");
        faults.Require(SecondaryNodeEvictionRate is >= 0 and < double.PositiveInfinity, $"SecondaryNodeEvictionRate must not be negative, but is {SecondaryNodeEvictionRate}.");
        faults.Require(UnhealthyZoneThreshold is > 0 and <= 1, $"UnhealthyZoneThreshold must be more than 0 and at most 1, but is {UnhealthyZoneThreshold}.");
        faults.Require(LargeClusterSizeThreshold >= 0, $"LargeClusterSizeThreshold must not be negative, but is {LargeClusterSizeThreshold}.");
        faults.AtLeastOne(ActionsMax);
        return faults.All;
    }
}
