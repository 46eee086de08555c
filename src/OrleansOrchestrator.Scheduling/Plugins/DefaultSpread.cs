using System.Numerics;
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
        var zones = candidates.Nodes.Topology(ZoneKey);
        if (zones.DomainCount > 0)
            ScoreNodesAndZones(candidates, counter, zones);
        else
            ScoreNodes(candidates.Scores, counter.ByRow[..candidates.Scores.Length]);
    }

    /// <summary>Without zones the score falls with the node's own count, so that it is computed a vector at a time.</summary>
    private static void ScoreNodes(Span<int> scores, ReadOnlySpan<int> counts)
    {
        var (min, max, candidates) = FindRange(scores, counts);
        // Equal scores decide nothing.
        if (candidates == 0 || min == max)
            return;
        var weight = SpreadScore.DomainWeight(candidates);
        var highest = SpreadScore.Raw(max, weight, SpreadScore.NodeSkew);
        var lowest = SpreadScore.Raw(min, weight, SpreadScore.NodeSkew);

        var row = 0;
        var factor = 100f / (float)highest;
        var top = new Vector<float>((float)(highest + lowest - SpreadScore.NodeSkew + 1));
        for (; row <= scores.Length - Vector<int>.Count; row += Vector<int>.Count)
        {
            var old = new Vector<int>(scores[row..]);
            var raw = Vector.ConvertToSingle(new Vector<int>(counts[row..])) * (float)weight;
            var score = Vector.ConvertToInt32((top - raw) * factor) * PluginWeight;
            Vector.ConditionalSelect(Vector.LessThan(old, Vector<int>.Zero), old, old + score).CopyTo(scores[row..]);
        }

        for (; row < scores.Length; row++)
        {
            if (scores[row] >= 0)
                scores[row] += (int)((top[0] - (counts[row] * (float)weight)) * factor) * PluginWeight;
        }
    }

    private static (int Min, int Max, int Candidates) FindRange(ReadOnlySpan<int> scores, ReadOnlySpan<int> counts)
    {
        var row = 0;
        var mins = new Vector<int>(int.MaxValue);
        var maxs = new Vector<int>(int.MinValue);
        var candidates = Vector<int>.Zero;
        for (; row <= scores.Length - Vector<int>.Count; row += Vector<int>.Count)
        {
            var isCandidate = Vector.GreaterThanOrEqual(new Vector<int>(scores[row..]), Vector<int>.Zero);
            var count = new Vector<int>(counts[row..]);
            mins = Vector.Min(mins, Vector.ConditionalSelect(isCandidate, count, new Vector<int>(int.MaxValue)));
            maxs = Vector.Max(maxs, Vector.ConditionalSelect(isCandidate, count, new Vector<int>(int.MinValue)));
            candidates -= isCandidate;
        }

        var (min, max, sum) = (int.MaxValue, int.MinValue, Vector.Sum(candidates));
        for (var i = 0; i < Vector<int>.Count; i++)
            (min, max) = (Math.Min(min, mins[i]), Math.Max(max, maxs[i]));
        for (; row < scores.Length; row++)
        {
            if (scores[row] < 0)
                continue;
            (min, max) = (Math.Min(min, counts[row]), Math.Max(max, counts[row]));
            sum++;
        }

        return (min, max, sum);
    }

    private static void ScoreNodesAndZones(CandidateSet candidates, PodCounter counter, TopologyColumn zones)
    {
        var score = new SpreadScore(candidates, PluginWeight);
        score.AddNodes(counter, SpreadScore.NodeSkew);
        score.AddDomains(counter, zones, SpreadScore.ZoneSkew, isRequired: false, (_, _) => true);
        score.Apply();
    }
}
