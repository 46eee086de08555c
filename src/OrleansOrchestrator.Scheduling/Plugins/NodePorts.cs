using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Rejects nodes on which a requested host port is taken.</summary>
internal sealed class NodePorts : INodeFilter
{
    private static readonly Rejection Taken =
        new(nameof(NodePorts), "node(s) didn't have free ports for the requested pod ports", isResolvable: true);

    public bool ReadsNodeOnly => false;

    public bool Applies(PodShape shape) => shape.Ports.Length > 0;

    public bool Passes(PodShape shape, NodeTable nodes, int row)
    {
        var taken = nodes.Record(row).Ports;
        foreach (var wanted in shape.Ports)
        {
            if (taken.ConflictsWith(wanted))
                return false;
        }

        return true;
    }

    public Rejection Explain(PodShape shape, NodeTable nodes, int row) => Taken;
}
