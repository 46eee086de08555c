using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Enforces node selector and required node affinity, and scores preferred node affinity.</summary>
internal sealed class NodeAffinity : IPreFilter, INodeFilter, INodeScore
{
    private static readonly Rejection NotEnforced =
        new(nameof(NodeAffinity), "node(s) didn't match scheduler-enforced node affinity", isResolvable: false);

    private static readonly Rejection Mismatch =
        new(nameof(NodeAffinity), "node(s) didn't match Pod's node affinity/selector", isResolvable: false);

    private static readonly Rejection NotNamed =
        new(nameof(NodeAffinity), $"node(s) didn't satisfy plugin(s) [{nameof(NodeAffinity)}]", isResolvable: false);

    // The node affinity that the profile adds to all its pods.
    private readonly NodeAffinityRules _added;

    public NodeAffinity(PluginContext context)
    {
        var added = context.Arguments.Object("addedAffinity");
        _added = new NodeAffinityRules(new NodeAffinityRules.Source(null, AddedNodeAffinity.Read(added)));
        added.RefuseOthers();
    }

    public bool ReadsNodeOnly => true;

    public Normalization Normalization => Normalization.HigherIsBetter;

    /// <summary>Terms whose node names exclude each other leave no node.</summary>
    public string? PreFilter(CycleState cycle) => cycle.Pod.Shape.NodeAffinity.NodeNames is { Count: 0 } ? "pod affinity terms conflict" : null;

    public bool Applies(PodShape shape) => shape.NodeAffinity.HasRequirements || _added.HasRequirements;

    public bool Passes(PodShape shape, NodeTable nodes, int row)
    {
        var node = nodes.Record(row);
        return _added.Admits(node.Name, node.Labels) && shape.NodeAffinity.Admits(node.Name, node.Labels);
    }

    public Rejection Explain(PodShape shape, NodeTable nodes, int row)
    {
        var node = nodes.Record(row);
        if (!_added.Admits(node.Name, node.Labels))
            return NotEnforced;
        return shape.NodeAffinity.NodeNames is { } names && !names.Contains(node.Name) ? NotNamed : Mismatch;
    }

    public bool Applies(PodShape shape, NodeTable nodes) => shape.NodeAffinity.HasPreferences || _added.HasPreferences;

    public int Score(PodShape shape, NodeTable nodes, int row)
    {
        var node = nodes.Record(row);
        return Math.Max(0, shape.NodeAffinity.Preference(node.Name, node.Labels) + _added.Preference(node.Name, node.Labels));
    }
}
