using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Holds pods to their node selector and node affinity, and prefers the nodes they prefer.</summary>
internal sealed class NodeAffinity : INodeFilter, INodeScore
{
    private static readonly Rejection Mismatch =
        new(nameof(NodeAffinity), "node(s) didn't match Pod's node affinity/selector", isResolvable: false);

    private static readonly Rejection NotNamed =
        new(nameof(NodeAffinity), $"node(s) didn't satisfy plugin(s) [{nameof(NodeAffinity)}]", isResolvable: false);

    public string Name => nameof(NodeAffinity);

    public ClusterEvents WakesOn => ClusterEvents.NodeAdded | ClusterEvents.NodeLabelsChanged;

    public bool ReadsNodeOnly => true;

    public int Weight => 2;

    public Normalization Normalization => Normalization.HigherIsBetter;

    public bool Applies(PodShape shape) => shape.NodeAffinity is { HasRequirements: true };

    public bool Passes(PodShape shape, NodeTable nodes, int row)
    {
        var node = nodes.Record(row);
        return shape.NodeAffinity!.Admits(node.Name, node.Labels);
    }

    public Rejection Explain(PodShape shape, NodeTable nodes, int row) =>
        shape.NodeAffinity?.NodeNames is { } names && !names.Contains(nodes.Record(row).Name) ? NotNamed : Mismatch;

    public bool Applies(PodShape shape, NodeTable nodes) => shape.NodeAffinity is { HasPreferences: true };

    public int Score(PodShape shape, NodeTable nodes, int row)
    {
        var node = nodes.Record(row);
        return Math.Max(0, shape.NodeAffinity!.Preference(node.Name, node.Labels));
    }
}
