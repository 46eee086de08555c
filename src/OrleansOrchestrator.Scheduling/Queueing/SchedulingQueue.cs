using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Telemetry;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// The pods that wait for a node. A pod is in exactly one <see cref="QueuePlace"/> from <see cref="Add"/> until <see cref="Done"/> or
/// <see cref="Delete"/>. Popped pods are in flight: the caller ends the attempt with <see cref="Done"/>, <see cref="AddUnschedulable"/>
/// or <see cref="Retry"/>. The current time is an argument; one caller at a time.
/// </summary>
public sealed class SchedulingQueue
{
    private readonly SchedulingQueueOptions _options;
    private readonly Backoff _backoff;
    private readonly Dictionary<string, QueuedPod> _pods = new(StringComparer.Ordinal);
    private readonly ActivePods _active = new();
    private readonly PodHeap _backingOff = new((left, right) => left.BackoffUntil.CompareTo(right.BackoffUntil));
    private readonly PodHeap _unschedulable = new((left, right) => left.Since.CompareTo(right.Since));
    private readonly Dictionary<WaitingPods.Key, WaitingPods> _groups = [];

    // Of these the next one is to be woken: the one before has found a node, or did not come to be tried.
    private readonly Queue<WaitingPods> _goingOn = [];
    private readonly IQueueingHints _hints;
    private readonly PendingPods _pending = new();
    private long _sequence;
    private long _attempts;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="options">Its times and bounds.</param>
    /// <param name="hints">Says whom a change could help.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public SchedulingQueue(SchedulingQueueOptions options, IQueueingHints hints)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(hints);
        options.Validate();
        _options = options;
        _hints = hints;
        _backoff = new Backoff(options.InitialBackoff, options.BackoffMax);
    }

    /// <summary>The numbers of waiting pods by reason, for metrics.</summary>
    public PendingPods Pending => _pending;

    /// <summary>The number of pods that wait or are being tried.</summary>
    public int Count => _pods.Count;

    /// <summary>The number of pods that can be popped, as of the last call with a time.</summary>
    public int ActiveCount => _active.Count;

    /// <summary>When the next pod becomes active by itself; null if none will.</summary>
    public DateTimeOffset? NextWake
    {
        get
        {
            DateTimeOffset? backoff = _backingOff.Count > 0 ? _backingOff.First.BackoffUntil : null;
            DateTimeOffset? timeout = _unschedulable.Count > 0 ? _unschedulable.First.Since + _options.UnschedulableTimeout : null;
            return backoff is null || timeout < backoff ? timeout : backoff;
        }
    }

    /// <summary>The queue's entry for a pod; null if it has none.</summary>
    public QueuedPod? Find(string uid) => _pods.GetValueOrDefault(uid);

    /// <summary>Adds a waiting pod, or updates it.</summary>
    /// <returns>False if the queue is full.</returns>
    public bool Add(PodInfo pod, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (_pods.ContainsKey(pod.Uid))
        {
            Update(pod, now);
            return true;
        }

        if (_pods.Count >= _options.PodsMax)
            return false;
        var queued = new QueuedPod(pod, now) { Sequence = ++_sequence };
        _pods.Add(pod.Uid, queued);
        Enter(queued, pod.IsGated ? QueuePlace.Gated : QueuePlace.Active, now);
        return true;
    }

    /// <summary>Updates a pod. A changed specification gives a failed pod another attempt; a changed status does not.</summary>
    /// <returns>False if the queue does not contain the pod.</returns>
    public bool Update(PodInfo pod, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (!_pods.TryGetValue(pod.Uid, out var queued))
            return false;
        var old = queued.Info;
        var place = queued.Place;
        if (place == QueuePlace.InFlight)
        {
            queued.Info = pod;
            return true;
        }

        var asksForElse = queued.Failure is { } failure && WaitingPods.Key.Of(old, failure) != WaitingPods.Key.Of(pod, failure);
        var next = place switch
        {
            _ when pod.IsGated => QueuePlace.Gated,
            QueuePlace.Gated => QueuePlace.Active,
            QueuePlace.Unschedulable when asksForElse => Awake(queued, now),
            _ => place,
        };
        if (next == place && old.Priority == pod.Priority)
        {
            if (queued.Group is { } group)
                pod.ShareShape(group.Sample.Shape);
            queued.Info = pod;
            return true;
        }

        // The heaps are ordered by fields that change here, so that the pod leaves its heap first.
        Leave(queued);
        queued.Info = pod;
        Enter(queued, next, next == place ? queued.Since : now);
        return true;
    }

    /// <summary>Removes a pod in any state: it was deleted, or somebody else assigned it.</summary>
    /// <returns>False if the queue did not contain it.</returns>
    public bool Delete(string uid)
    {
        if (!_pods.Remove(uid, out var queued))
            return false;
        Leave(queued);
        GoOn(queued);
        return true;
    }

    /// <summary>Pops the next pods to try, highest priority first and namespaces in turn. They are in flight until the caller ends the
    /// attempt.</summary>
    public IReadOnlyList<QueuedPod> Pop(int countMax, DateTimeOffset now)
    {
        Flush(now);
        var popped = new List<QueuedPod>(Math.Min(countMax, _active.Count));
        while (popped.Count < countMax && _active.Count > 0)
        {
            var pod = _active.Take();
            pod.Attempts++;
            pod.TriedAt = ++_attempts;
            pod.Failure = null;
            Tally(pod, -1);
            Enter(pod, QueuePlace.InFlight, now);
            popped.Add(pod);
        }

        return popped;
    }

    /// <summary>
    /// Reports how long an attempt took. Namespaces take turns by the time used, so that neither many pods of one namespace nor a few
    /// slow ones delay those of another.
    /// </summary>
    public void Charge(QueuedPod pod, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        _active.Charge(pod.Info.Namespace, elapsed);
    }

    /// <summary>Notes that a node was found for a pod in flight, whose binding is still to come: the next of those that are alike may be tried.</summary>
    public void Placed(string uid)
    {
        if (Find(uid) is { Place: QueuePlace.InFlight } pod)
            GoOn(pod);
    }

    /// <summary>Ends a successful attempt: the pod leaves the queue.</summary>
    public bool Done(string uid) => Delete(uid);

    /// <summary>
    /// Ends an attempt that found no node. The pod waits for a change that could help. The caller ends such an attempt before it tells
    /// of further changes: the queue keeps none for pods in flight. A pod that was deleted in between is ignored.
    /// </summary>
    public void AddUnschedulable(string uid, Unschedulable failure, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (Find(uid) is not { Place: QueuePlace.InFlight } pod)
            return;
        Leave(pod);
        pod.Failure = failure;
        pod.BackoffUntil = now + _backoff.After(pod.Attempts);
        Enter(pod, pod.Info.IsGated ? QueuePlace.Gated : QueuePlace.Unschedulable, now);

        // If it waits with the others again, they would fail alike.
        if (pod.Group == pod.ScoutOf && !failure.IsOfItAlone)
            StandDown(pod);
        else
            GoOn(pod);
    }

    /// <summary>Ends an attempt that failed for another reason, such as a lost race for a node: the pod is retried after its
    /// back-off.</summary>
    public void Retry(string uid, DateTimeOffset now)
    {
        if (Find(uid) is not { Place: QueuePlace.InFlight } pod)
            return;
        Leave(pod);
        pod.BackoffUntil = now + _backoff.After(pod.Attempts);
        Enter(pod, pod.Info.IsGated ? QueuePlace.Gated : QueuePlace.BackingOff, now);
        GoOn(pod);
    }

    /// <summary>Wakes the pods that changes could help: of those that are alike one, and the next once it is known that it helped.</summary>
    public void Move(IReadOnlyCollection<ClusterEvent> changes, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var change in changes)
        {
            if (_groups.Count == 0)
                continue;
            foreach (var helped in _hints.FindHelped(change, _groups.Values))
            {
                helped.HelpedAt = ++_attempts;
                var next = helped.Next(_active.UsedBy, now)!;
                // One that only waits for its turn holds up nobody whose turn comes earlier.
                if (helped.Scout is { Place: QueuePlace.BackingOff } scout && next.BackoffUntil < scout.BackoffUntil)
                    StandDown(scout);
                if (helped.Scout is null)
                    SendOut(next, now);
            }

            foreach (var uid in _hints.FindNominated(change))
            {
                if (Find(uid) is { Place: QueuePlace.Unschedulable } nominated)
                    Wake(nominated, now);
            }
        }
    }

    /// <summary>Activates pods whose back-off has ended, one of those that have waited for very long, and those whose turn it is after
    /// another one.</summary>
    public void Flush(DateTimeOffset now)
    {
        while (_goingOn.TryDequeue(out var group))
        {
            if (group.Scout is null && group.Next(_active.UsedBy, now) is { } next)
                SendOut(next, now);
        }

        while (_unschedulable.Count > 0 && _unschedulable.First.Since + _options.UnschedulableTimeout <= now)
        {
            var pod = _unschedulable.First;
            if (pod.Group!.Scout is null)
            {
                pod.Group.HelpedAt = ++_attempts;
                SendOut(pod, now);
                continue;
            }

            _unschedulable.Remove(pod);
            pod.Since = now;
            _unschedulable.Add(pod);
        }

        while (_backingOff.Count > 0 && _backingOff.First.BackoffUntil <= now)
        {
            var pod = _backingOff.First;
            Leave(pod);
            Enter(pod, QueuePlace.Active, now);
        }
    }

    private static QueuePlace Awake(QueuedPod pod, DateTimeOffset now) =>
        pod.BackoffUntil > now ? QueuePlace.BackingOff : QueuePlace.Active;

    /// <summary>Wakes a pod to see whether those that are alike fit now.</summary>
    private void SendOut(QueuedPod pod, DateTimeOffset now)
    {
        pod.ScoutOf = pod.Group;
        pod.Group!.Scout = pod;
        Wake(pod, now);
    }

    /// <summary>Ends that a pod was tried first, so that the next change wakes one again.</summary>
    private static WaitingPods? StandDown(QueuedPod pod)
    {
        var group = pod.ScoutOf;
        pod.ScoutOf = null;
        group?.Scout = null;
        return group;
    }

    /// <summary>Lets the next one try, because the attempt of this one, if it came to one, does not speak against it.</summary>
    private void GoOn(QueuedPod pod)
    {
        if (StandDown(pod) is { } group)
            _goingOn.Enqueue(group);
    }

    private void Wake(QueuedPod pod, DateTimeOffset now)
    {
        Leave(pod);
        Enter(pod, Awake(pod, now), now);
    }

    private void Enter(QueuedPod pod, QueuePlace place, DateTimeOffset since)
    {
        pod.Place = place;
        pod.Since = since;
        Tally(pod, 1);
        switch (place)
        {
            case QueuePlace.Active:
                _active.Add(pod);
                break;
            case QueuePlace.BackingOff:
                _backingOff.Add(pod);
                break;
            case QueuePlace.Unschedulable:
                _unschedulable.Add(pod);
                JoinGroup(pod, pod.Failure!);
                break;
            case QueuePlace.Gated:
                GoOn(pod);
                break;
        }
    }

    private void Tally(QueuedPod pod, int delta)
    {
        if (pod.Place == QueuePlace.Unschedulable)
            _pending.Count(pod.Failure!.Plugins, pod.Info.SchedulerName, delta);
        if (NameOf(pod.Place) is { } name)
            _pending.Count(name, delta);
    }

    /// <summary>The state in kube-scheduler's words; null if the pod does not wait.</summary>
    private static string? NameOf(QueuePlace place) => place switch
    {
        QueuePlace.Active => "active",
        QueuePlace.BackingOff => "backoff",
        QueuePlace.Unschedulable => "unschedulable",
        QueuePlace.Gated => "gated",
        _ => null,
    };

    private void Leave(QueuedPod pod)
    {
        Tally(pod, -1);
        switch (pod.Place)
        {
            case QueuePlace.Active:
                _active.Remove(pod);
                break;
            case QueuePlace.BackingOff:
                _backingOff.Remove(pod);
                break;
            case QueuePlace.Unschedulable:
                _unschedulable.Remove(pod);
                LeaveGroup(pod);
                break;
        }
    }

    private void JoinGroup(QueuedPod pod, Unschedulable failure)
    {
        var key = WaitingPods.Key.Of(pod.Info, failure);
        if (!_groups.TryGetValue(key, out var group))
            _groups.Add(key, group = new WaitingPods(pod.Info, failure));
        group.Note(failure);
        group.Add(pod);
        pod.Group = group;
    }

    private void LeaveGroup(QueuedPod pod)
    {
        var group = pod.Group!;
        group.Remove(pod);
        if (group.IsEmpty)
            _groups.Remove(WaitingPods.Key.Of(group.Sample, pod.Failure!));
        pod.Group = null;
    }
}
