using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// Determines why no node fits: the first plugin that rejects a node gives its reason. It runs only after a failed search, so that
/// successful ones do not pay for it.
/// </summary>
internal static class NodeDiagnosis
{
    public static Unschedulable NoNodes { get; } = new()
    {
        NodeCount = 0,
        Reasons = [],
        Plugins = [],
        IsOfShape = true,
    };

    /// <summary>The failure of a pod that a pre-filter rejects.</summary>
    public static Unschedulable RefusedBefore(int nodeCount, string plugin, string why) => new()
    {
        NodeCount = nodeCount,
        Reasons = [],
        Plugins = [plugin],
        PodFault = why,
    };

    /// <summary>The failure of a pod that is too expensive to evaluate. Only a change of the pod helps.</summary>
    public static Unschedulable TooCostly(int nodeCount, int comparisons) => new()
    {
        NodeCount = nodeCount,
        Reasons = [],
        Plugins = [],
        IsOfShape = true,
        PodFault = $"the pod has {comparisons} tolerations, selectors, terms of affinity and spread, host ports and extended resources, "
            + $"more than the {ComparisonCount.Max} that are compared with each node",
    };

    /// <summary>Counts the reasons of all nodes.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="profile">The plugins.</param>
    /// <param name="candidates">The rejections of cluster plugins; null if none applies.</param>
    public static Unschedulable Explain(PodInfo pod, NodeTable nodes, Profile profile, CandidateSet? candidates)
    {
        var filters = profile.FiltersFor(pod.Shape);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var rejecting = new HashSet<string>(StringComparer.Ordinal);
        var resolvable = new List<int>();
        var records = nodes.Records;
        var rejectedRows = new RowSet(records.Length);
        var isOfShape = true;
        for (var row = 0; row < records.Length; row++)
        {
            if (records[row] is not { IsPresent: true } || (Reject(filters, pod.Shape, nodes, row) ?? candidates?.RejectionOf(row)) is not { } rejection)
                continue;
            foreach (var reason in rejection.Reasons)
                counts[reason] = counts.GetValueOrDefault(reason) + 1;
            rejecting.Add(rejection.Plugin);
            if (profile.Find(rejection.Plugin) is INodeFilter)
                rejectedRows.Add(row);
            else
                isOfShape = false;
            if (rejection.IsResolvable)
                resolvable.Add(row);
        }

        return new Unschedulable
        {
            NodeCount = nodes.NodeCount,
            Reasons = Unschedulable.Sort(counts),
            Plugins = rejecting,
            ResolvableRows = resolvable,
            RejectedRows = rejectedRows,
            IsOfShape = isOfShape,
        };
    }

    /// <summary>The rejection of the first filter that rejects a node; null if all pass it.</summary>
    public static Rejection? Reject(INodeFilter[] filters, PodShape shape, NodeTable nodes, int row) =>
        FindRejecting(filters, shape, nodes, row)?.Explain(shape, nodes, row);

    /// <summary>The first filter that rejects a node; null if all let it pass.</summary>
    public static INodeFilter? FindRejecting(INodeFilter[] filters, PodShape shape, NodeTable nodes, int row)
    {
        foreach (var filter in filters)
        {
            if (!filter.Passes(shape, nodes, row))
                return filter;
        }

        return null;
    }
}
