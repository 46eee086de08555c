namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The rows that changed lately, oldest first, in a ring. Evaluations that were made before some position read from there
/// and redo only those rows; one that has fallen behind the ring starts over.
/// </summary>
internal sealed class ChangeLog
{
    /// <summary>How many changes are kept.</summary>
    public const int Capacity = 8192;

    private readonly int[] _entries = new int[Capacity];

    /// <summary>The position after the last change.</summary>
    public long End { get; private set; }

    /// <summary>The oldest position that can still be read from.</summary>
    public long Start => Math.Max(0, End - Capacity);

    /// <summary>Notes that a row changed.</summary>
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
