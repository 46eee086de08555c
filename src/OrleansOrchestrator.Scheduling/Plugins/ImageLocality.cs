using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Prefers nodes that have large images of the pod already. An image counts by its size and by the share of the nodes that have it, so
/// that one node with a rare image does not draw all pods (kube-scheduler's formula).
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/scheduler/framework/plugins/imagelocality.</remarks>
internal sealed class ImageLocality(PluginContext context) : IClusterScore
{
    // The sum below which a pod's images do not matter, and for each of its images the sum beyond which they make no more difference.
    private const long SumMin = 23L * 1024 * 1024;
    private const long SumMaxPerImage = 1000L * 1024 * 1024;

    private long[] _sums = [];

    /// <summary>Images that all nodes or none have make no difference.</summary>
    public bool Scores(CycleState cycle)
    {
        var nodes = context.Cluster.Nodes;
        foreach (var name in cycle.Pod.Shape.Get(PodInputs.Images).Names)
        {
            if (nodes.Images.Find(name) is { } copies && copies.Count < nodes.NodeCount)
                return true;
        }

        return false;
    }

    public void Score(CandidateSet candidates, int weight)
    {
        var (nodes, names) = (candidates.Nodes, candidates.Pod.Shape.Get(PodInputs.Images).Names);
        var scores = candidates.Scores;
        if (_sums.Length < scores.Length)
            _sums = new long[nodes.Capacity];
        Array.Clear(_sums);
        foreach (var name in names)
        {
            if (nodes.Images.Find(name) is not { } copies)
                continue;
            var share = (double)copies.Count / nodes.NodeCount;
            foreach (var (row, size) in copies.Sizes)
                _sums[row] += (long)(size * share);
        }

        var max = SumMaxPerImage * names.Count;
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] >= 0)
                scores[row] += weight * (int)(100 * (Math.Clamp(_sums[row], SumMin, max) - SumMin) / (max - SumMin));
        }
    }
}
