using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>A score of a node that depends on that node alone.</summary>
internal interface INodeScore
{
    string Name { get; }

    /// <summary>How much it counts beside the other scores.</summary>
    int Weight { get; }

    /// <summary>Whether and how scores are stretched to 0…100 over the nodes that passed the filters.</summary>
    Normalization Normalization { get; }

    /// <summary>Whether the score can differ between nodes for such a pod.</summary>
    bool Applies(PodShape shape, NodeTable nodes);

    /// <summary>The score of the node at a row: 0…100, or any number from zero if it is normalised.</summary>
    int Score(PodShape shape, NodeTable nodes, int row);

    /// <summary>
    /// Adds the weighted scores of all rows to their sums. What it adds to rows without a passing node is of no
    /// consequence; for the others it must agree with <see cref="Score"/> to the last digit.
    /// </summary>
    void AddAll(PodShape shape, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums)
    {
        for (var row = 0; row < sums.Length; row++)
        {
            if (passes[row])
                sums[row] += Weight * Score(shape, nodes, row);
        }
    }
}

/// <summary>What becomes of the scores of one plugin before they are weighed.</summary>
internal enum Normalization
{
    /// <summary>They are final, and depend on the pods of the node too.</summary>
    None,

    /// <summary>The highest becomes 100. They depend on the node object only.</summary>
    HigherIsBetter,

    /// <summary>The highest becomes 0, zero becomes 100. They depend on the node object only.</summary>
    LowerIsBetter,
}
