using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Restricts a pod to the node that it names. The name belongs to the individual pod, not to its template.</summary>
internal sealed class NodeName : IClusterFilter
{
    private static readonly Rejection Mismatch =
        new(nameof(NodeName), "node(s) didn't match the requested node name", isResolvable: false);

    public bool Filters(CycleState cycle) => cycle.Pod.NodeName is not null;

    public void Filter(CandidateSet candidates)
    {
        var records = candidates.Nodes.Records;
        for (var row = 0; row < records.Length; row++)
        {
            if (candidates.IsCandidate(row) && records[row]!.Name != candidates.Pod.NodeName)
                candidates.Reject(row, Mismatch);
        }
    }
}
