using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Spreads the replicas of one controller over nodes and zones, for pods that say nothing about it themselves. Scores
/// follow the default constraints of kube-scheduler's PodTopologySpread: skew 3 over nodes, 5 over zones.
/// </summary>
internal sealed class DefaultSpread : IClusterPlugin
{
    private const string ZoneKey = "topology.kubernetes.io/zone";
    private const int PluginWeight = 2;

    public string Name => nameof(DefaultSpread);

    public ClusterEvents WakesOn => ClusterEvents.None;

    public bool Applies(PodInfo pod, SchedulerCache cache) => pod.SpreadOwnerUid is not null && pod.Shape.SpreadConstraints.Length == 0;

    public void Filter(CandidateSet candidates)
    {
    }

    public void Score(CandidateSet candidates)
    {
        var counter = candidates.Cache.Counters.OfOwner(candidates.Pod.SpreadOwnerUid!);
        if (counter.Total == 0)
            return;
        var score = new SpreadScore(candidates, PluginWeight);
        score.AddNodes(counter, SpreadScore.NodeSkew);
        var zones = candidates.Nodes.Topology(ZoneKey);
        if (zones.DomainCount > 0)
            score.AddDomains(counter, zones, SpreadScore.ZoneSkew, isRequired: false, isCounted: null);
        score.Apply();
    }
}
