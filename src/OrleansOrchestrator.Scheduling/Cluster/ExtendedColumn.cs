namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>An extended resource of all nodes, by row, in whole units.</summary>
internal sealed class ExtendedColumn(int rows)
{
    private long[] _allocatable = new long[rows];
    private long[] _free = new long[rows];
    private Int128[] _taken = new Int128[rows];

    public ReadOnlySpan<long> Allocatable => _allocatable;

    public ReadOnlySpan<long> Free => _free;

    public void SetAllocatable(int row, long amount)
    {
        _allocatable[row] = amount;
        _free[row] = NodeColumns.Free(amount, _taken[row]);
    }

    public void Take(int row, long amount)
    {
        _taken[row] += amount;
        _free[row] = NodeColumns.Free(_allocatable[row], _taken[row]);
    }

    public void Resize(int rows)
    {
        Array.Resize(ref _allocatable, rows);
        Array.Resize(ref _free, rows);
        Array.Resize(ref _taken, rows);
    }
}
