using System.Collections.Concurrent;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The committed heads of the stores on this silo. A consistent read on the same silo needs no call, and a follower on the same silo is
/// woken instead of polling.
/// </summary>
internal sealed class LocalHeads
{
    private readonly ConcurrentDictionary<ResourceName, LocalHead> _heads = new();

    /// <summary>Publishes a store's head.</summary>
    public void Publish(ResourceName resource, LocalHead head) => _heads[resource] = head;

    /// <summary>Removes a store's head; readers then call the store. A read before that was still correct.</summary>
    public void Withdraw(ResourceName resource, LocalHead head)
    {
        _heads.TryRemove(KeyValuePair.Create(resource, head));
        head.End();
    }

    /// <summary>The head; null if only the store can tell.</summary>
    public long? Read(ResourceName resource) => _heads.TryGetValue(resource, out var head) ? head.Read() : null;

    /// <summary>Completes when a store on this silo has passed a revision, or has left.</summary>
    /// <returns>Null if the store is not on this silo.</returns>
    public Task? WhenMoved(ResourceName resource, long from) => _heads.TryGetValue(resource, out var head) ? head.WhenMoved(from) : null;
}

/// <summary>The head of one activation of a store.</summary>
/// <remarks>
/// While the lease is held, no other activation has acknowledged anything. The head contains whatever this one acknowledged, because it
/// moves before callers get their answers. So a reader sees everything that was acknowledged before it looked (invariant I3).
/// </remarks>
/// <param name="lease">The activation's lease.</param>
/// <param name="head">The present head.</param>
/// <param name="hasAllAcknowledged">Whether the head contains everything acknowledged. It does not for objects that are
/// acknowledged before they are durable.</param>
internal sealed class LocalHead(ReadLease lease, long head, bool hasAllAcknowledged = true)
{
    private readonly WakeSignal _moved = new();
    private long _head = head;
    private volatile bool _hasEnded;

    /// <summary>Advances the head.</summary>
    public void MoveTo(long head)
    {
        Volatile.Write(ref _head, head);
        _moved.Wake();
    }

    /// <summary>Wakes all waiters: this activation has ended.</summary>
    public void End()
    {
        _hasEnded = true;
        _moved.Wake();
    }

    /// <summary>The head; null if the lease must be renewed first.</summary>
    public long? Read() => hasAllAcknowledged && lease.IsHeld ? Volatile.Read(ref _head) : null;

    /// <summary>Completes when the head differs from a revision.</summary>
    public Task WhenMoved(long from)
    {
        var moved = _moved.Next;
        return _hasEnded || Interlocked.Read(ref _head) != from ? Task.CompletedTask : moved;
    }
}
