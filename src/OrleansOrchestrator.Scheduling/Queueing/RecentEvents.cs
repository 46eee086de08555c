using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// The changes that happened while pods were being tried. They would otherwise be lost to those pods: the attempt may have looked
/// before the change, and the pod was not waiting yet.
/// </summary>
internal sealed class RecentEvents(int countMax)
{
    private readonly Queue<ClusterEvent> _events = [];

    /// <summary>How many changes there were.</summary>
    public long Count { get; private set; }

    public void Note(ClusterEvent change)
    {
        Count++;
        _events.Enqueue(change);
        if (_events.Count > countMax)
            _events.Dequeue();
    }

    /// <summary>Forgets the changes: no pod is being tried.</summary>
    public void Clear() => _events.Clear();

    /// <summary>The changes after the first <paramref name="count"/>; null if they were too many to keep.</summary>
    public IEnumerable<ClusterEvent>? Since(long count) => Count - count is var wanted && wanted > _events.Count ? null : _events.Skip(_events.Count - (int)wanted);
}
