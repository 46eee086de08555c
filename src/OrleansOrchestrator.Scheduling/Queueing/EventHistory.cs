using System.Numerics;
using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// The last time of each kind of change, as a count of changes. A change during an attempt could otherwise be lost: the attempt may
/// have read the earlier state, and the pod was not waiting yet.
/// </summary>
internal sealed class EventHistory
{
    private readonly long[] _lastSeen = new long[32];

    /// <summary>The number of changes seen.</summary>
    public long Count { get; private set; }

    public void Note(ClusterEvents events)
    {
        Count++;
        for (var bits = (uint)events; bits != 0; bits &= bits - 1)
            _lastSeen[BitOperations.TrailingZeroCount(bits)] = Count;
    }

    /// <summary>Whether a change of one of the kinds came after the first <paramref name="count"/> changes.</summary>
    public bool HasSeenSince(ClusterEvents events, long count)
    {
        for (var bits = (uint)events; bits != 0; bits &= bits - 1)
        {
            if (_lastSeen[BitOperations.TrailingZeroCount(bits)] > count)
                return true;
        }

        return false;
    }
}
