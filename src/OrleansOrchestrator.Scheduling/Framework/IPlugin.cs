using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// A plugin of a profile. It implements the interfaces of its extension points; the <see cref="PluginRegistry"/> has its name, its
/// inputs and its factory. An instance belongs to one profile of one cluster.
/// </summary>
internal interface IPlugin
{
    /// <summary>
    /// The changes after which a pod that it rejected may pass. A node filter names only changes of other objects: a node that it
    /// rejected is looked at again whenever the node changes or one of its pods changes or goes.
    /// </summary>
    ClusterEvents WakesOn => ClusterEvents.None;

    /// <summary>
    /// The plugin's queueing hint: whether such a change could let the pod pass on some node. Asked right after the change, and only
    /// about pods that the plugin rejected. It may say yes in vain; a pod to which it wrongly says no waits for five minutes.
    /// </summary>
    bool MayHelp(PodInfo pod, ClusterEvent change) => true;
}

/// <summary>Checks a pod before any node.</summary>
internal interface IPreFilter : IPlugin
{
    /// <summary>Why no node whatever can take the pod; null if that is not so.</summary>
    string? PreFilter(CycleState cycle);
}

/// <summary>
/// A filter whose verdict on a node depends on that node alone, so that it is kept until the node changes. Another pod on the node
/// never makes it pass.
/// </summary>
internal interface INodeFilter : IPlugin
{
    /// <summary>Whether the verdict depends on the node object only, and not on its pods.</summary>
    bool ReadsNodeOnly { get; }

    /// <summary>Whether the filter may reject any node for such a pod.</summary>
    bool Applies(PodShape shape);

    bool Passes(PodShape shape, NodeTable nodes, int row);

    /// <summary>Why it rejected the node at a row. Called only for rejected nodes.</summary>
    Rejection Explain(PodShape shape, NodeTable nodes, int row);

    /// <summary>Clears the flag of every row that does not pass; it may skip rows whose flag is already clear.</summary>
    void FilterAll(PodShape shape, NodeTable nodes, Span<bool> passes)
    {
        for (var row = 0; row < passes.Length; row++)
        {
            if (passes[row])
                passes[row] = Passes(shape, nodes, row);
        }
    }
}

/// <summary>A filter whose verdict on a node depends on other nodes or on the individual pod, so that it is evaluated for every
/// pod.</summary>
internal interface IClusterFilter : IPlugin
{
    /// <summary>Whether it may reject any node for the pod.</summary>
    bool Filters(CycleState cycle);

    /// <summary>Why it rejects the node at a row; null if it does not. Preemption asks it again and again about one node.</summary>
    Rejection? Check(CycleState cycle, int row);

    /// <summary>Rejects unsuitable candidates: those, and for those reasons, that <see cref="Check"/> says.</summary>
    void Filter(CandidateSet candidates)
    {
        for (var row = 0; row < candidates.Scores.Length; row++)
        {
            if (candidates.IsCandidate(row) && Check(candidates.Cycle, row) is { } rejection)
                candidates.Reject(row, rejection);
        }
    }

    /// <summary>Adapts what it has counted for the attempt: a pod comes to its node for a trial (+1), or leaves it (-1).</summary>
    void Note(CycleState cycle, AssignedPod pod, int change)
    {
    }
}

/// <summary>Tries to make room for a pod that fits no node.</summary>
internal interface IPostFilter : IPlugin
{
    /// <summary>Searches for victims. Changes nothing.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="failure">The failure of the pod; the cluster must not have changed since.</param>
    /// <param name="seed">Determines where the search starts.</param>
    PreemptionResult PostFilter(PodInfo pod, Unschedulable failure, ulong seed);
}

/// <summary>A score of a node that depends on that node alone.</summary>
internal interface INodeScore : IPlugin
{
    /// <summary>How scores are normalised to 0…100 over the nodes that passed the filters.</summary>
    Normalization Normalization { get; }

    /// <summary>Whether the score may differ between nodes for such a pod.</summary>
    bool Applies(PodShape shape, NodeTable nodes);

    /// <summary>The score of the node at a row: 0…100, or any non-negative number if it is normalised.</summary>
    int Score(PodShape shape, NodeTable nodes, int row);

    /// <summary>
    /// Adds the weighted scores of all rows to their sums. Rows without a passing node may get any value; for the others it must equal
    /// <see cref="Score"/> exactly.
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

/// <summary>How the scores of a plugin are normalised.</summary>
internal enum Normalization
{
    /// <summary>Not at all: they are final, and may depend on the node's pods.</summary>
    None,

    /// <summary>The highest becomes 100. They depend on the node object only.</summary>
    HigherIsBetter,

    /// <summary>The highest becomes 0, zero becomes 100. They depend on the node object only.</summary>
    LowerIsBetter,
}

/// <summary>A score of nodes that depends on other nodes or on the individual pod.</summary>
internal interface IClusterScore : IPlugin
{
    /// <summary>Whether the score may differ between nodes for the pod.</summary>
    bool Scores(CycleState cycle);

    /// <summary>Adds its weighted scores, 0…100 each, to the candidates.</summary>
    void Score(CandidateSet candidates, int weight);
}

/// <summary>Reserves something for a pod on the chosen node, until the pod is bound or the choice is undone.</summary>
internal interface IReserve : IPlugin
{
    /// <summary>Makes the reservation.</summary>
    /// <returns>Why it is not possible, so that the pod is retried later; null on success.</returns>
    string? Reserve(CycleState cycle, string nodeName);

    /// <summary>Ends the reservation: the pod is bound, or the choice is undone. Also called if it was refused or not requested.</summary>
    /// <returns>What others may have now, as changes that wake the pods that want it.</returns>
    IReadOnlyList<ClusterEvent> Unreserve(PodInfo pod, string nodeName);
}

/// <summary>Prepares the binding of a pod by writes to other objects, such as a volume claim.</summary>
internal interface IPreBind : IPlugin
{
    /// <summary>The writes, in the order in which the host makes them as the scheduler before it binds the pod.</summary>
    IReadOnlyList<PreBindWrite> PreBind(PodInfo pod, string nodeName);

    /// <summary>How far the preparation has got. The host asks after the writes, and again after each change of the objects that plugins follow.</summary>
    PreBindState StateOf(PodInfo pod, string nodeName) => PreBindState.Done;

    /// <summary>How long a pod may wait for others.</summary>
    TimeSpan WaitMax => TimeSpan.Zero;
}
