using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// A plugin whose verdict or score of a node depends on other nodes too, so that it looks at all of them for every pod.
/// </summary>
internal interface IClusterPlugin
{
    string Name { get; }

    /// <summary>The changes after which a pod that it rejected may pass.</summary>
    ClusterEvents WakesOn { get; }

    /// <summary>Whether it has anything to say about the pod.</summary>
    bool Applies(PodInfo pod, SchedulerCache cache);

    /// <summary>Rejects the candidates that do not fit.</summary>
    void Filter(CandidateSet candidates);

    /// <summary>Adds its weighted scores to the candidates'.</summary>
    void Score(CandidateSet candidates);
}
