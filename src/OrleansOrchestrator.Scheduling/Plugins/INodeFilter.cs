using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>A filter whose verdict on a node depends on that node alone, so that it is kept until the node changes.</summary>
internal interface INodeFilter
{
    string Name { get; }

    /// <summary>The changes after which a pod that it rejected may pass.</summary>
    ClusterEvents WakesOn { get; }

    /// <summary>Whether the verdict depends on the node object only, not on the pods that run there.</summary>
    bool ReadsNodeOnly { get; }

    /// <summary>Whether the filter could reject any node for such a pod.</summary>
    bool Applies(PodShape shape);

    bool Passes(PodShape shape, NodeTable nodes, int row);

    /// <summary>Why the node at a row was rejected; asked only then.</summary>
    Rejection Explain(PodShape shape, NodeTable nodes, int row);

    /// <summary>Clears the flag of every row that does not pass; rows whose flag is clear already need not be looked at.</summary>
    void FilterAll(PodShape shape, NodeTable nodes, Span<bool> passes)
    {
        for (var row = 0; row < passes.Length; row++)
        {
            if (passes[row])
                passes[row] = Passes(shape, nodes, row);
        }
    }
}
