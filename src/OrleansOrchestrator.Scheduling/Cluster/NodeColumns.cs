using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The quantities of all nodes, one array per resource. Filters compare free amounts. Scores divide by allocatable amounts, which are
/// stored as reciprocals, because a multiplication is cheaper than a division.
/// </summary>
/// <remarks>
/// Sums are exact, beyond 64 bits: whatever pods request, an overcommitted node never looks free, and has its former amounts again when
/// the pods are gone. The columns are derived from the sums, and saturate.
/// </remarks>
internal sealed class NodeColumns(int capacity)
{
    /// <summary>Allocatable CPU in thousandths of a core.</summary>
    public long[] AllocatableCpuMilli = new long[capacity];

    /// <summary>Allocatable memory in bytes.</summary>
    public long[] AllocatableMemoryBytes = new long[capacity];

    /// <summary>Allocatable local ephemeral storage in bytes.</summary>
    public long[] AllocatableStorageBytes = new long[capacity];

    /// <summary>The most pods of a node.</summary>
    public long[] AllocatablePods = new long[capacity];

    /// <summary>CPU that no pod has requested; negative on an overcommitted node.</summary>
    public long[] FreeCpuMilli = new long[capacity];

    /// <summary>Memory that no pod has requested.</summary>
    public long[] FreeMemoryBytes = new long[capacity];

    /// <summary>Local ephemeral storage that no pod has requested.</summary>
    public long[] FreeStorageBytes = new long[capacity];

    /// <summary>The number of further pods that a node accepts.</summary>
    public long[] FreePods = new long[capacity];

    /// <summary>CPU that pods have requested, as a floating-point number for scores.</summary>
    public double[] RequestedCpuMilli = new double[capacity];

    /// <summary>Memory that pods have requested, as a floating-point number for scores.</summary>
    public double[] RequestedMemoryBytes = new double[capacity];

    /// <summary>The requested CPU for scores, with a default for containers without a request.</summary>
    public double[] ScoredCpuMilli = new double[capacity];

    /// <summary>The requested memory for scores, with a default for containers without a request.</summary>
    public double[] ScoredMemoryBytes = new double[capacity];

    /// <summary>The reciprocal of allocatable CPU; zero if there is none.</summary>
    public double[] PerCpu = new double[capacity];

    /// <summary>The reciprocal of allocatable memory; zero if there is none.</summary>
    public double[] PerMemory = new double[capacity];

    private Int128[] _cpuMilli = new Int128[capacity];
    private Int128[] _memoryBytes = new Int128[capacity];
    private Int128[] _storageBytes = new Int128[capacity];
    private Int128[] _scoredCpuMilli = new Int128[capacity];
    private Int128[] _scoredMemoryBytes = new Int128[capacity];

    /// <summary>Rare properties of nodes, so that filters need not read each node's record.</summary>
    public NodeTraits[] Traits = new NodeTraits[capacity];

    public void SetAllocatable(int row, in ResourceAmounts amounts)
    {
        FreePods[row] += amounts.Pods - AllocatablePods[row];
        AllocatableCpuMilli[row] = amounts.CpuMilli;
        AllocatableMemoryBytes[row] = amounts.MemoryBytes;
        AllocatableStorageBytes[row] = amounts.StorageBytes;
        AllocatablePods[row] = amounts.Pods;
        Derive(row);
        PerCpu[row] = amounts.CpuMilli > 0 ? 1.0 / amounts.CpuMilli : 0;
        PerMemory[row] = amounts.MemoryBytes > 0 ? 1.0 / amounts.MemoryBytes : 0;
    }

    public void Take(int row, PodShape shape, int sign)
    {
        var requests = shape.Resources;
        _cpuMilli[row] += sign * requests.CpuMilli;
        _memoryBytes[row] += sign * requests.MemoryBytes;
        _storageBytes[row] += sign * requests.StorageBytes;
        _scoredCpuMilli[row] += sign * requests.ScoredCpuMilli;
        _scoredMemoryBytes[row] += sign * requests.ScoredMemoryBytes;
        FreePods[row] -= sign;
        Derive(row);
    }

    /// <summary>The free part of an allocatable amount, limited to the range of a long.</summary>
    public static long Free(long allocatable, Int128 taken) => (long)Int128.Max(allocatable - taken, long.MinValue);

    public void Resize(int rows)
    {
        Array.Resize(ref AllocatableCpuMilli, rows);
        Array.Resize(ref AllocatableMemoryBytes, rows);
        Array.Resize(ref AllocatableStorageBytes, rows);
        Array.Resize(ref AllocatablePods, rows);
        Array.Resize(ref FreeCpuMilli, rows);
        Array.Resize(ref FreeMemoryBytes, rows);
        Array.Resize(ref FreeStorageBytes, rows);
        Array.Resize(ref FreePods, rows);
        Array.Resize(ref RequestedCpuMilli, rows);
        Array.Resize(ref RequestedMemoryBytes, rows);
        Array.Resize(ref Traits, rows);
        Array.Resize(ref ScoredCpuMilli, rows);
        Array.Resize(ref ScoredMemoryBytes, rows);
        Array.Resize(ref PerCpu, rows);
        Array.Resize(ref PerMemory, rows);
        Array.Resize(ref _cpuMilli, rows);
        Array.Resize(ref _memoryBytes, rows);
        Array.Resize(ref _storageBytes, rows);
        Array.Resize(ref _scoredCpuMilli, rows);
        Array.Resize(ref _scoredMemoryBytes, rows);
    }

    private void Derive(int row)
    {
        FreeCpuMilli[row] = Free(AllocatableCpuMilli[row], _cpuMilli[row]);
        FreeMemoryBytes[row] = Free(AllocatableMemoryBytes[row], _memoryBytes[row]);
        FreeStorageBytes[row] = Free(AllocatableStorageBytes[row], _storageBytes[row]);
        RequestedCpuMilli[row] = (double)_cpuMilli[row];
        RequestedMemoryBytes[row] = (double)_memoryBytes[row];
        ScoredCpuMilli[row] = (double)_scoredCpuMilli[row];
        ScoredMemoryBytes[row] = (double)_scoredMemoryBytes[row];
    }
}
