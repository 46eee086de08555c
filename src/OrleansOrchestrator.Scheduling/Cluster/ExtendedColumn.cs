namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>An extended resource of all nodes, by row, in whole units.</summary>
internal sealed class ExtendedColumn(int rows)
{
    private long[] _allocatable = new long[rows];
    private long[] _free = new long[rows];

    public ReadOnlySpan<long> Allocatable => _allocatable;

    public ReadOnlySpan<long> Free => _free;

    public void SetAllocatable(int row, long amount)
    {
        _free[row] += amount - _allocatable[row];
        _allocatable[row] = amount;
    }

    public void Take(int row, long amount) => _free[row] -= amount;

    public void Resize(int rows)
    {
        Array.Resize(ref _allocatable, rows);
        Array.Resize(ref _free, rows);
    }
}
