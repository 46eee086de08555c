using System.Numerics;
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
        var sum = ScoreOf((columns.ScoredCpuMilli[row] + shape.ScoredCpuMilli) * perCpu, perCpu)
            + ScoreOf((columns.ScoredMemoryBytes[row] + shape.ScoredMemoryBytes) * perMemory, perMemory);
        return (int)(perCpu > 0 && perMemory > 0 ? sum / 2 : sum);
    }

    public void AddAll(PodShape shape, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums)
    {
        var columns = nodes.Columns;
        Span<double> scores = stackalloc double[Vector<double>.Count];
        var row = 0;
        for (; row <= sums.Length - Vector<double>.Count; row += Vector<double>.Count)
        {
            var perCpu = new Vector<double>(columns.PerCpu, row);
            var perMemory = new Vector<double>(columns.PerMemory, row);
            var cpu = (new Vector<double>(columns.ScoredCpuMilli, row) + new Vector<double>(shape.ScoredCpuMilli)) * perCpu;
            var memory = (new Vector<double>(columns.ScoredMemoryBytes, row) + new Vector<double>(shape.ScoredMemoryBytes)) * perMemory;
            var sum = ScoreOf(cpu, perCpu) + ScoreOf(memory, perMemory);
            var hasBoth = Vector.GreaterThan(perCpu, Vector<double>.Zero) & Vector.GreaterThan(perMemory, Vector<double>.Zero);
            Vector.ConditionalSelect(hasBoth, sum / 2, sum).CopyTo(scores);
            for (var i = 0; i < scores.Length; i++)
                sums[row + i] += (int)scores[i];
        }

        for (; row < sums.Length; row++)
            sums[row] += Score(shape, nodes, row);
    }

    private double ScoreOf(double fraction, double perUnit)
    {
        if (perUnit == 0)
            return 0;
        fraction = Math.Min(fraction, 1);
        return Math.Floor(((strategy == ScoringStrategy.MostAllocated ? fraction : 1 - fraction) * 100) + RoundingGuard);
    }

    private Vector<double> ScoreOf(Vector<double> fraction, Vector<double> perUnit)
    {
        fraction = Vector.Min(fraction, Vector<double>.One);
        var preferred = strategy == ScoringStrategy.MostAllocated ? fraction : Vector<double>.One - fraction;
        var score = Vector.Floor((preferred * 100) + new Vector<double>(RoundingGuard));
        return Vector.ConditionalSelect(Vector.GreaterThan(perUnit, Vector<double>.Zero), score, Vector<double>.Zero);
    }
}
