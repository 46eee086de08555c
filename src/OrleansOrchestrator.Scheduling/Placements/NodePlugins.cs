using System.Collections.Frozen;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>The plugins in the order in which they are asked, which is kube-scheduler's and decides which reason a node gives.</summary>
internal sealed class NodePlugins
{
    private readonly INodeFilter[] _filters;
    private readonly INodeScore[] _scores;

    public NodePlugins(SchedulerOptions options)
    {
        var taints = new TaintToleration();
        var affinity = new NodeAffinity();
        _filters = [new NodeUnschedulable(), taints, affinity, new NodePorts(), new ResourceFilter()];
        _scores = [taints, affinity, new NodeResourcesFit(options.ScoringStrategy), new BalancedAllocation()];
        Cluster = [new NodeName(), new PodTopologySpread(), new DefaultSpread(), new InterPodAffinity()];
        WakeEvents = _filters.Select(filter => (filter.Name, filter.WakesOn))
            .Concat(Cluster.Select(plugin => (plugin.Name, plugin.WakesOn)))
            .ToFrozenDictionary(pair => pair.Name, pair => pair.WakesOn, StringComparer.Ordinal);
    }

    /// <summary>The plugins that look at all nodes at once.</summary>
    public IReadOnlyList<IClusterPlugin> Cluster { get; }

    /// <summary>The changes after which a pod that a plugin rejected may pass, by the plugin's name.</summary>
    public FrozenDictionary<string, ClusterEvents> WakeEvents { get; }

    public INodeFilter[] FiltersFor(PodShape shape) => Array.FindAll(_filters, filter => filter.Applies(shape));

    public INodeScore[] ScoresFor(PodShape shape, NodeTable nodes) => Array.FindAll(_scores, score => score.Applies(shape, nodes));
}
