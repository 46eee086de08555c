using System.Numerics;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Prefers nodes whose resources would be used evenly, so that none is left over when another runs out. The score is 100 minus the
/// standard deviation of the used fractions, in per cent.
/// </summary>
internal sealed class BalancedAllocation : INodeScore
{
    public const string Name = "NodeResourcesBalancedAllocation";

    // A multiplication with a reciprocal may fall just below a whole per cent that a division reaches.
    private const double RoundingGuard = 1e-9;

    private readonly IReadOnlyList<WeighedResource> _resources;
    private readonly bool _isPlain;

    public BalancedAllocation(PluginContext context)
    {
        _resources = WeighedResource.Read(context.Arguments, weightMax: 1);
        _isPlain = WeighedResource.AreDefault(_resources);
    }

    public Normalization Normalization => Normalization.None;

    public bool Applies(PodShape shape, NodeTable nodes) => !shape.Resources.IsBestEffort;

    public int Score(PodShape shape, NodeTable nodes, int row)
    {
        var pod = shape.Resources;
        return _isPlain ? ScorePlain(pod, nodes, row) : ScoreAny(pod, nodes, row);
    }

    public void AddAll(PodShape shape, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums, int weight)
    {
        var columns = nodes.Columns;
        var requests = shape.Resources;
        Span<double> scores = stackalloc double[Vector<double>.Count];
        var row = 0;
        for (; _isPlain && row <= sums.Length - Vector<double>.Count; row += Vector<double>.Count)
        {
            var perCpu = new Vector<double>(columns.PerCpu, row);
            var perMemory = new Vector<double>(columns.PerMemory, row);
            var cpu = (new Vector<double>(columns.RequestedCpuMilli, row) + new Vector<double>(requests.CpuMilli)) * perCpu;
            var memory = (new Vector<double>(columns.RequestedMemoryBytes, row) + new Vector<double>(requests.MemoryBytes)) * perMemory;
            var gap = Vector.Abs(Vector.Min(cpu, Vector<double>.One) - Vector.Min(memory, Vector<double>.One));
            var score = ((Vector<double>.One - (gap / 2)) * 100) + new Vector<double>(RoundingGuard);
            var hasBoth = Vector.GreaterThan(perCpu, Vector<double>.Zero) & Vector.GreaterThan(perMemory, Vector<double>.Zero);
            Vector.ConditionalSelect(hasBoth, score, new Vector<double>(100)).CopyTo(scores);
            for (var i = 0; i < scores.Length; i++)
                sums[row + i] += weight * (int)scores[i];
        }

        for (; row < sums.Length; row++)
        {
            if (passes[row])
                sums[row] += weight * Score(shape, nodes, row);
        }
    }

    private static int ScorePlain(PodResources requests, NodeTable nodes, int row)
    {
        var columns = nodes.Columns;
        var perCpu = columns.PerCpu[row];
        var perMemory = columns.PerMemory[row];
        // If the node lacks one resource there is nothing to balance.
        if (perCpu == 0 || perMemory == 0)
            return 100;
        var cpu = Math.Min((columns.RequestedCpuMilli[row] + requests.CpuMilli) * perCpu, 1);
        var memory = Math.Min((columns.RequestedMemoryBytes[row] + requests.MemoryBytes) * perMemory, 1);
        return (int)(((1 - (Math.Abs(cpu - memory) / 2)) * 100) + RoundingGuard);
    }

    private int ScoreAny(PodResources pod, NodeTable nodes, int row)
    {
        var fractions = new List<double>(_resources.Count);
        foreach (var resource in _resources)
        {
            if (resource.FractionOn(pod, nodes, row, isScored: false) is { } fraction)
                fractions.Add(Math.Min(fraction, 1));
        }

        if (fractions.Count < 2)
            return 100;
        var mean = fractions.Average();
        var deviation = Math.Sqrt(fractions.Sum(fraction => (fraction - mean) * (fraction - mean)) / fractions.Count);
        return (int)(((1 - deviation) * 100) + RoundingGuard);
    }
}
