using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.Scheduling.Bindings;

/// <summary>
/// The pods that have a node and are not bound yet. Each of them goes its own way: its writes are made, it waits for others if it has to, such
/// as a provisioner, and then it is ready to be bound. So no pod waits for another one's volumes.
/// </summary>
/// <remarks>
/// Whatever ends a binding, its reservations end here and nowhere else, and those who wait for what was reserved are woken. A pod that leaves
/// the queue meanwhile, because it was deleted or is on a node, keeps nothing longer than a write for it is on its way. The time is an
/// argument; one caller at a time.
/// </remarks>
/// <param name="schedulers">The schedulers of all profiles, by name.</param>
/// <param name="queue">The pods that wait for a node, and those in flight.</param>
/// <param name="pods">The pods that count on nodes.</param>
/// <param name="writesMax">The most pods for which writes are on their way.</param>
public sealed class PendingBindings(IReadOnlyDictionary<string, Scheduler> schedulers, SchedulingQueue queue, PodTracker pods, int writesMax)
{
    private readonly Dictionary<string, PendingBinding> _all = new(StringComparer.Ordinal);
    private readonly FairQueue<Preparation> _unwritten = new();
    private readonly Dictionary<string, DateTimeOffset> _waiting = new(StringComparer.Ordinal);
    private readonly Queue<PendingBinding> _ready = [];
    private List<(PendingBinding Binding, string? Why)> _failed = [];
    private int _writing;

    /// <summary>The number of pods that have a node and are not bound.</summary>
    public int Count => _all.Count;

    /// <summary>Whether some pod is ready to be bound.</summary>
    public bool HasReady => _ready.Count > 0;

    /// <summary>When to look at the waiting pods again; null if none waits.</summary>
    public DateTimeOffset? NextLook { get; private set; }

    /// <summary>Adds a pod whose placement is assumed and reserved.</summary>
    public void Add(PendingBinding binding, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(binding);
        _all[binding.Pod.Uid] = binding;
        var writes = Of(binding).PreBind(binding.Pod, binding.NodeName);
        if (writes.Count > 0)
            _unwritten.Enqueue(binding.Pod.Namespace, new Preparation(binding, writes));
        else
            Advance(binding, now);
    }

    /// <summary>Takes the next writes to make, in turns of the namespaces. The caller ends them with <see cref="NoteWritten"/> or <see cref="NoteRefused"/>.</summary>
    /// <returns>Null if there are none, or as many are on their way as may be.</returns>
    public Preparation? TakeWrites(DateTimeOffset now)
    {
        while (_writing < writesMax && _unwritten.TryDequeue(out var next))
        {
            if (IsGone(next.Binding, now))
                continue;
            _writing++;
            return next;
        }

        return null;
    }

    /// <summary>Notes that the writes for a pod were made, and that the cluster knows of them.</summary>
    public void NoteWritten(PendingBinding binding, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(binding);
        _writing--;
        if (!IsGone(binding, now))
            Advance(binding, now);
    }

    /// <summary>Notes that a write for a pod was refused; the pod is tried again.</summary>
    public void NoteRefused(PendingBinding binding, string why, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(binding);
        _writing--;
        if (!IsGone(binding, now))
            Fail(binding, why, now);
    }

    /// <summary>Notes that an object changed for which a pod may wait.</summary>
    public void NoteObjectChanged(DateTimeOffset now)
    {
        if (_waiting.Count > 0)
            NextLook = now;
    }

    /// <summary>Notes that a pod changed, or is gone.</summary>
    public void NotePodChanged(string uid, DateTimeOffset now)
    {
        if (_waiting.ContainsKey(uid))
            NextLook = now;
    }

    /// <summary>Takes pods that may be bound now. The caller ends each with <see cref="NoteBound"/> or <see cref="NoteNotBound"/>.</summary>
    /// <param name="countMax">The most pods.</param>
    /// <param name="now">The time.</param>
    public List<PendingBinding> TakeReady(int countMax, DateTimeOffset now)
    {
        if (NextLook <= now)
            LookAtWaiting(now);
        var ready = new List<PendingBinding>(Math.Min(countMax, _ready.Count));
        while (ready.Count < countMax && _ready.TryDequeue(out var next))
        {
            if (!IsGone(next, now))
                ready.Add(next);
        }

        return ready;
    }

    /// <summary>Takes the pods that could not be bound since the last call, with the reason; null if nobody need know it.</summary>
    public IReadOnlyList<(PendingBinding Binding, string? Why)> TakeFailed()
    {
        if (_failed.Count == 0)
            return [];
        var failed = _failed;
        _failed = [];
        return failed;
    }

    /// <summary>Notes that a pod is bound.</summary>
    public void NoteBound(PendingBinding binding, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (!IsPresent(binding))
            return;
        queue.Done(binding.Pod.Uid);
        Release(binding, now);
    }

    /// <summary>Notes that the store did not bind a pod; it is tried again.</summary>
    public void NoteNotBound(PendingBinding binding, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (IsPresent(binding))
            Fail(binding, null, now);
    }

    private Scheduler Of(PendingBinding binding) => schedulers[binding.Pod.SchedulerName];

    /// <summary>Whether this is still what the pod waits for: a pod that left the queue and came back may have another node.</summary>
    private bool IsPresent(PendingBinding binding) => _all.GetValueOrDefault(binding.Pod.Uid) == binding;

    /// <summary>Whether the pod needs no binding any more; then its reservations have ended.</summary>
    private bool IsGone(PendingBinding binding, DateTimeOffset now)
    {
        if (!IsPresent(binding))
            return true;
        if (queue.Find(binding.Pod.Uid) is { Place: QueuePlace.InFlight })
            return false;
        Fail(binding, null, now);
        return true;
    }

    private void LookAtWaiting(DateTimeOffset now)
    {
        NextLook = null;
        foreach (var uid in _waiting.Keys.ToArray())
        {
            if (!IsGone(_all[uid], now))
                Advance(_all[uid], now);
        }
    }

    /// <summary>Looks how far the preparation of a binding has got.</summary>
    private void Advance(PendingBinding binding, DateTimeOffset now)
    {
        var (uid, scheduler) = (binding.Pod.Uid, Of(binding));
        var state = scheduler.StateOf(binding.Pod, binding.NodeName);
        if (state == PreBindState.Done)
        {
            _waiting.Remove(uid);
            _ready.Enqueue(binding);
        }
        else if (state.Fault is { } fault)
        {
            Fail(binding, fault, now);
        }
        else if (!_waiting.TryGetValue(uid, out var until))
        {
            LookAt(_waiting[uid] = now + scheduler.PreBindWaitMax);
        }
        else if (until <= now)
        {
            Fail(binding, "binding volumes: context deadline exceeded", now);
        }
        else
        {
            LookAt(until);
        }
    }

    private void LookAt(DateTimeOffset time)
    {
        if (NextLook is null || time < NextLook)
            NextLook = time;
    }

    private void Fail(PendingBinding binding, string? why, DateTimeOffset now)
    {
        _failed.Add((binding, why));
        Release(binding, now);
        pods.TakeBack(binding.Pod, now);
    }

    private void Release(PendingBinding binding, DateTimeOffset now)
    {
        _all.Remove(binding.Pod.Uid);
        _waiting.Remove(binding.Pod.Uid);
        queue.Move(Of(binding).Unreserve(binding.Pod, binding.NodeName), now);
    }
}

/// <summary>The writes to make before a pod is bound, in their order.</summary>
/// <param name="Binding">The pod and its node.</param>
/// <param name="Writes">The writes.</param>
public sealed record Preparation(PendingBinding Binding, IReadOnlyList<PreBindWrite> Writes);
