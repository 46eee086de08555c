using System.Numerics;
using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// When each kind of change was last seen, as a count of changes. A change that happens while a pod is being tried would
/// otherwise be lost to it: the attempt may have looked before it, and the pod was not waiting yet.
/// </summary>
internal sealed class EventHistory
{
    private readonly long[] _lastSeen = new long[32];

    /// <summary>How many changes were seen.</summary>
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
