namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// The pods that can be tried now: highest priority first, then the namespace whose pods have used the least time (start-time fair
/// queueing). A namespace that returns after a pause starts level with the others: it has neither saved time nor owes any.
/// </summary>
internal sealed class ActivePods
{
    // The least charge of a pod, so that namespaces alternate even if attempts take no measurable time.
    private static readonly TimeSpan Least = TimeSpan.FromMicroseconds(10);

    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private readonly SortedSet<Turn> _waiting = new(Comparer<Turn>.Create(ByPriorityAndTime));
    private TimeSpan _present;
    private long _sequence;
    private int _pruneAtCount = 64;

    public int Count { get; private set; }

    public void Add(QueuedPod pod)
    {
        if (!_turns.TryGetValue(pod.Info.Namespace, out var turn))
        {
            Prune();
            _turns.Add(pod.Info.Namespace, turn = new Turn { Sequence = ++_sequence });
        }

        StepAside(turn);
        if (turn.Pods.Count == 0 && turn.Used < _present)
            turn.Used = _present;
        turn.Pods.Add(pod);
        StepBack(turn);
        Count++;
    }

    public void Remove(QueuedPod pod)
    {
        var turn = _turns[pod.Info.Namespace];
        StepAside(turn);
        turn.Pods.Remove(pod);
        StepBack(turn);
        Count--;
    }

    /// <summary>Takes the next pod out.</summary>
    public QueuedPod Take()
    {
        var turn = _waiting.Min!;
        var pod = turn.Pods.First;
        Remove(pod);
        if (_present < turn.Used)
            _present = turn.Used;
        Charge(pod.Info.Namespace, Least);
        return pod;
    }

    /// <summary>The time that a namespace has used. One that returns after a pause is level with the others.</summary>
    public TimeSpan UsedBy(string podNamespace) =>
        _turns.TryGetValue(podNamespace, out var turn) && turn.Used > _present ? turn.Used : _present;

    /// <summary>Charges a namespace for the time of an attempt.</summary>
    public void Charge(string podNamespace, TimeSpan elapsed)
    {
        if (!_turns.TryGetValue(podNamespace, out var turn))
            return;
        StepAside(turn);
        turn.Used += elapsed;
        StepBack(turn);
    }

    private static int ByPriorityAndTime(Turn left, Turn right)
    {
        var order = right.Pods.First.Info.Priority.CompareTo(left.Pods.First.Info.Priority);
        if (order == 0)
            order = left.Used.CompareTo(right.Used);
        return order != 0 ? order : left.Sequence.CompareTo(right.Sequence);
    }

    private static int ByPriority(QueuedPod left, QueuedPod right)
    {
        var order = right.Info.Priority.CompareTo(left.Info.Priority);
        if (order == 0)
            order = left.Since.CompareTo(right.Since);
        return order != 0 ? order : left.Sequence.CompareTo(right.Sequence);
    }

    /// <summary>Removes a namespace from the order before its sort key changes.</summary>
    private void StepAside(Turn turn)
    {
        if (turn.Pods.Count > 0)
            _waiting.Remove(turn);
    }

    private void StepBack(Turn turn)
    {
        if (turn.Pods.Count > 0)
            _waiting.Add(turn);
    }

    /// <summary>Removes namespaces without state from time to time.</summary>
    private void Prune()
    {
        if (_turns.Count < _pruneAtCount)
            return;
        foreach (var (name, turn) in _turns.ToArray())
        {
            if (turn.Pods.Count == 0 && turn.Used <= _present)
                _turns.Remove(name);
        }

        _pruneAtCount = Math.Max(64, 2 * _turns.Count);
    }

    private sealed class Turn
    {
        public PodHeap Pods { get; } = new(ByPriority);

        /// <summary>The time used by its pods, on top of the time at which it started.</summary>
        public TimeSpan Used { get; set; }

        public required long Sequence { get; init; }
    }
}
