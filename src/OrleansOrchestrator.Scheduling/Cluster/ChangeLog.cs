namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The rows that changed recently, oldest first, in a ring. A cached evaluation re-evaluates the rows that changed after its position.
/// One whose position has left the ring starts over.
/// </summary>
internal sealed class ChangeLog
{
    /// <summary>The number of changes to keep. An evaluation that has missed more is cheaper to do anew.</summary>
    public const int Capacity = 8192;

    private readonly int[] _entries = new int[Capacity];

    /// <summary>The position after the newest change.</summary>
    public long End { get; private set; }

    /// <summary>The oldest position in the ring.</summary>
    public long Start => Math.Max(0, End - Capacity);

    /// <summary>Records a changed row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="nodeChanged">Whether the node itself changed, or only the pods on it.</param>
    public void Add(int row, bool nodeChanged)
    {
        _entries[(int)(End % Capacity)] = (row << 1) | (nodeChanged ? 1 : 0);
        End++;
    }

    /// <summary>The change at a position between <see cref="Start"/> and <see cref="End"/>.</summary>
    public (int Row, bool NodeChanged) this[long position]
    {
        get
        {
            var entry = _entries[(int)(position % Capacity)];
            return (entry >> 1, (entry & 1) != 0);
        }
    }
}
