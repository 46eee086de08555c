using System.Numerics;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// Prefers nodes whose CPU and memory would be used to the same degree, so that neither is left over when the other runs
/// out. The score is 100 less the standard deviation of the two fractions, in per cent.
/// </summary>
internal sealed class BalancedAllocation : INodeScore
{
    private const double RoundingGuard = 1e-9;

    public string Name => "NodeResourcesBalancedAllocation";

    public int Weight => 1;

    public Normalization Normalization => Normalization.None;

    public bool Applies(PodShape shape, NodeTable nodes) => !shape.IsBestEffort;

    public int Score(PodShape shape, NodeTable nodes, int row)
    {
        var columns = nodes.Columns;
        var requests = shape.Requests;
        var perCpu = columns.PerCpu[row];
        var perMemory = columns.PerMemory[row];
        // A resource that the node does not have leaves nothing to balance with.
        if (perCpu == 0 || perMemory == 0)
            return 100;
        var cpu = Math.Min((columns.RequestedCpuMilli[row] + requests.CpuMilli) * perCpu, 1);
        var memory = Math.Min((columns.RequestedMemoryBytes[row] + requests.MemoryBytes) * perMemory, 1);
        return (int)(((1 - (Math.Abs(cpu - memory) / 2)) * 100) + RoundingGuard);
    }

    public void AddAll(PodShape shape, NodeTable nodes, ReadOnlySpan<bool> passes, Span<int> sums)
    {
        var columns = nodes.Columns;
        var requests = shape.Requests;
        Span<double> scores = stackalloc double[Vector<double>.Count];
        var row = 0;
        for (; row <= sums.Length - Vector<double>.Count; row += Vector<double>.Count)
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
                sums[row + i] += (int)scores[i];
        }

        for (; row < sums.Length; row++)
            sums[row] += Score(shape, nodes, row);
    }
}
