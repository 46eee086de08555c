using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Rejects cordoned nodes, unless the pod tolerates the corresponding taint.</summary>
internal sealed class NodeUnschedulable : INodeFilter
{
    private static readonly Rejection Cordoned = new(nameof(NodeUnschedulable), "node(s) were unschedulable", isResolvable: false);

    // The taint for spec.unschedulable.
    private static readonly V1Taint Taint = new() { Key = TaintKeys.Unschedulable, Effect = TaintEffects.NoSchedule };

    public bool ReadsNodeOnly => true;

    public bool Applies(PodShape shape) => !Tolerations.Tolerates(shape.Tolerations, Taint);

    public bool Passes(PodShape shape, NodeTable nodes, int row) => (nodes.Columns.Traits[row] & NodeTraits.IsUnschedulable) == 0;

    public Rejection Explain(PodShape shape, NodeTable nodes, int row) => Cordoned;
}
