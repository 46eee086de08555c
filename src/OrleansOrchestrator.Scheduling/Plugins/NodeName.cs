using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Restricts a pod to the node that it names. The name belongs to the individual pod, not to its template.</summary>
internal sealed class NodeName : IClusterFilter
{
    private static readonly Rejection Mismatch =
        new(nameof(NodeName), "node(s) didn't match the requested node name", isResolvable: false);

    public bool Filters(CycleState cycle) => cycle.Pod.NodeName is not null;

    public Rejection? Check(CycleState cycle, int row) => cycle.Nodes.Record(row).Name == cycle.Pod.NodeName ? null : Mismatch;
}
