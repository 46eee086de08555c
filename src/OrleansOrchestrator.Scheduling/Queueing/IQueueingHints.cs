using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>Says which of the pods that wait a change could help. It is asked right after each change.</summary>
public interface IQueueingHints
{
    /// <summary>Those of the waiting pods that may fit now, or may make room for themselves.</summary>
    IReadOnlyCollection<WaitingPods> FindHelped(ClusterEvent change, IReadOnlyCollection<WaitingPods> waiting);

    /// <summary>
    /// The uids of the pods that room is being made for on the node that changed, or was until then: they have to see whether it is
    /// enough, or look elsewhere.
    /// </summary>
    IReadOnlyCollection<string> FindNominated(ClusterEvent change);
}
