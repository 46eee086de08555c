using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// One of the rules by which a profile finds nodes. It implements the extension points at which it has something to say; its
/// name, what it reads and how it is made stand in the <see cref="PluginRegistry"/>. An instance belongs to one profile of one
/// cluster.
/// </summary>
internal interface IPlugin
{
    /// <summary>The changes after which a pod that it rejected may pass.</summary>
    ClusterEvents WakesOn => ClusterEvents.None;
}

/// <summary>Looks at a pod before any node is looked at.</summary>
internal interface IPreFilter : IPlugin
{
    /// <summary>Why no node can take the pod, whatever the nodes are; null if that is not so.</summary>
    string? PreFilter(PodInfo pod);
}

/// <summary>A filter whose verdict on a node depends on that node alone, so that it is kept until the node changes.</summary>
internal interface INodeFilter : IPlugin
{
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

/// <summary>A filter whose verdict on a node depends on other nodes or on the single pod, so that it looks at all of them for every pod.</summary>
internal interface IClusterFilter : IPlugin
{
    /// <summary>Whether it could reject any node for the pod.</summary>
    bool Filters(PodInfo pod);

    /// <summary>Rejects the candidates that do not fit.</summary>
    void Filter(CandidateSet candidates);
}

/// <summary>Looks for a way to make room for a pod that fits nowhere.</summary>
internal interface IPostFilter : IPlugin
{
    /// <summary>Looks for it. Changes nothing.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="failure">Why it fits nowhere, with no change of the cluster since.</param>
    /// <param name="seed">Decides where the search starts.</param>
    PreemptionResult PostFilter(PodInfo pod, Unschedulable failure, ulong seed);
}

/// <summary>A score of a node that depends on that node alone.</summary>
internal interface INodeScore : IPlugin
{
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
    void AddAll(PodShape shape, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums, int weight)
    {
        for (var row = 0; row < sums.Length; row++)
        {
            if (passes[row])
                sums[row] += weight * Score(shape, nodes, row);
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

/// <summary>A score of nodes that depends on other nodes or on the single pod.</summary>
internal interface IClusterScore : IPlugin
{
    /// <summary>Whether the score can differ between nodes for the pod.</summary>
    bool Scores(PodInfo pod);

    /// <summary>Adds its weighted scores, 0…100 each, to the candidates'.</summary>
    void Score(CandidateSet candidates, int weight);
}

/// <summary>Sets something aside for a pod on the node that was chosen, until the pod is bound or the choice is taken back.</summary>
internal interface IReserve : IPlugin
{
    /// <summary>Sets it aside.</summary>
    /// <returns>Why that is not possible, so that another attempt is made later; null if it is done.</returns>
    string? Reserve(PodInfo pod, string nodeName);

    /// <summary>Gives it back. Also called for a plugin whose reservation was refused or not asked for.</summary>
    void Unreserve(PodInfo pod, string nodeName);
}

/// <summary>Prepares the binding of a pod by writes to other objects, such as the claim of a volume.</summary>
internal interface IPreBind : IPlugin
{
    /// <summary>The writes, which the host makes in this order, as the scheduler, before it binds the pod.</summary>
    IReadOnlyList<PreBindWrite> PreBind(PodInfo pod, string nodeName);
}
