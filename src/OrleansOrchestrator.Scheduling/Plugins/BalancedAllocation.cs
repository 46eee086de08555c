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
        var cpu = Fraction(columns.AllocatableCpuMilli[row] - columns.FreeCpuMilli[row] + requests.CpuMilli, columns.PerCpu[row]);
        var memory = Fraction(columns.AllocatableMemoryBytes[row] - columns.FreeMemoryBytes[row] + requests.MemoryBytes, columns.PerMemory[row]);
        // A resource that the node does not have leaves nothing to balance with.
        if (columns.PerCpu[row] == 0 || columns.PerMemory[row] == 0)
            return 100;
        return (int)(((1 - (Math.Abs(cpu - memory) / 2)) * 100) + RoundingGuard);
    }

    private static double Fraction(long requested, double perUnit) => Math.Min(requested * perUnit, 1);
}
