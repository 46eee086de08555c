using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Scores nodes by how much of their CPU and memory would be requested: the emptier the better, to spread load, or the
/// fuller the better, to pack it. The filter of the same name is <see cref="ResourceFilter"/>.
/// </summary>
internal sealed class NodeResourcesFit(ScoringStrategy strategy) : INodeScore
{
    public const string PluginName = "NodeResourcesFit";

    // Whole per cents come out of a multiplication with a reciprocal a hair below what a division gives.
    private const double RoundingGuard = 1e-9;

    public string Name => PluginName;

    public int Weight => 1;

    public Normalization Normalization => Normalization.None;

    public bool Applies(PodShape shape, NodeTable nodes) => true;

    public int Score(PodShape shape, NodeTable nodes, int row)
    {
        var columns = nodes.Columns;
        var perCpu = columns.PerCpu[row];
        var perMemory = columns.PerMemory[row];
        var sum = 0;
        var resources = 0;
        if (perCpu > 0)
        {
            sum += ScoreOf((columns.ScoredCpuMilli[row] + shape.ScoredCpuMilli) * perCpu);
            resources++;
        }

        if (perMemory > 0)
        {
            sum += ScoreOf((columns.ScoredMemoryBytes[row] + shape.ScoredMemoryBytes) * perMemory);
            resources++;
        }

        return resources == 2 ? sum >> 1 : sum;
    }

    private int ScoreOf(double requestedFraction)
    {
        if (strategy == ScoringStrategy.MostAllocated)
            return (int)((Math.Min(requestedFraction, 1) * 100) + RoundingGuard);
        return requestedFraction >= 1 ? 0 : (int)(((1 - requestedFraction) * 100) + RoundingGuard);
    }
}
