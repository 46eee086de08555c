using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Matching;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it.</summary>
internal sealed class NodeUnschedulable : INodeFilter
{
    private static readonly Rejection Cordoned = new(nameof(NodeUnschedulable), "node(s) were unschedulable", isResolvable: false);

    public string Name => nameof(NodeUnschedulable);

    public ClusterEvents WakesOn => ClusterEvents.NodeAdded | ClusterEvents.NodeTaintsChanged;

    public bool ReadsNodeOnly => true;

    public bool Applies(PodShape shape) => !Taints.AreTolerated(Taints.Unschedulable, shape.Tolerations);

    public bool Passes(PodShape shape, NodeTable nodes, int row) => (nodes.Columns.Traits[row] & NodeTraits.IsUnschedulable) == 0;

    public Rejection Explain(PodShape shape, NodeTable nodes, int row) => Cordoned;
}
