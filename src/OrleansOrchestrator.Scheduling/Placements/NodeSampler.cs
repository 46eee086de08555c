using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// Searches for enough nodes that fit instead of all, and starts each search where the last one stopped, so that all nodes take turns.
/// </summary>
internal sealed class NodeSampler(NodeTable nodes, Profile profile, int percentage)
{
    // The least number of candidates, as in kube-scheduler: fewer would spread pods badly.
    private const int CandidatesMin = 100;

    private int _start;

    /// <summary>Adds the next nodes that fit as candidates.</summary>
    public void Fill(CandidateSet candidates)
    {
        var shape = candidates.Pod.Shape;
        var filters = profile.FiltersFor(shape);
        var finalScores = Array.FindAll(profile.ScoresFor(shape, nodes), score => score.Plugin.Normalization == Normalization.None);
        var wanted = Math.Max(CandidatesMin, (int)((long)nodes.NodeCount * percentage / 100));
        var records = nodes.Records;
        for (var i = 0; i < records.Length && wanted > 0; i++)
        {
            var row = _start % records.Length;
            _start = row + 1;
            if (records[row] is not { IsPresent: true } || !Array.TrueForAll(filters, filter => filter.Passes(shape, nodes, row)))
                continue;
            var sum = 0;
            foreach (var score in finalScores)
                sum += score.Weight * score.Plugin.Score(shape, nodes, row);
            candidates.Scores[row] = sum;
            wanted--;
        }
    }

    /// <summary>Adds the scores that are relative to the best candidate.</summary>
    public void AddNormalizedScores(CandidateSet candidates)
    {
        var shape = candidates.Pod.Shape;
        foreach (var score in profile.ScoresFor(shape, nodes))
        {
            if (score.Plugin.Normalization == Normalization.None)
                continue;
            var raw = candidates.Scratch;
            for (var row = 0; row < candidates.Scores.Length; row++)
                raw[row] = candidates.IsCandidate(row) ? score.Plugin.Score(shape, nodes, row) : 0;
            RowScan.AddNormalized(candidates.Scores, raw, score);
        }
    }
}
