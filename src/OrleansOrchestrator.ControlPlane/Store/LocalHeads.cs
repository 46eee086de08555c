using System.Collections.Concurrent;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The committed heads of the stores on this silo, for readers and followers on the same silo: a consistent read that can see the
/// store's memory need not call it, and a follower that is woken need not ask again and again.
/// </summary>
internal sealed class LocalHeads
{
    private readonly ConcurrentDictionary<ResourceName, LocalHead> _heads = new();

    /// <summary>Lets readers see a store's head.</summary>
    public void Publish(ResourceName resource, LocalHead head) => _heads[resource] = head;

    /// <summary>Sends readers to the store again. Whoever has looked before that has looked in time.</summary>
    public void Withdraw(ResourceName resource, LocalHead head)
    {
        _heads.TryRemove(KeyValuePair.Create(resource, head));
        head.End();
    }

    /// <summary>The head; null if only the store can tell.</summary>
    public long? Read(ResourceName resource) => _heads.TryGetValue(resource, out var head) ? head.Read() : null;

    /// <summary>Ends when a store on this silo has moved on from a revision, or has left.</summary>
    /// <returns>Null if the store is not here.</returns>
    public Task? WhenMoved(ResourceName resource, long from) => _heads.TryGetValue(resource, out var head) ? head.WhenMoved(from) : null;
}

/// <summary>The head of one activation of a store.</summary>
/// <remarks>
/// While the lease is held, no other activation has acknowledged anything. What this one has acknowledged is in the head, which
/// moves before the callers are told. So whatever was acknowledged before a reader looks is not beyond what it sees (invariant I3).
/// </remarks>
/// <param name="lease">The activation's lease.</param>
/// <param name="head">Where it stands.</param>
/// <param name="tellsAll">Whether all that is acknowledged is in the head. What is acknowledged before it is durable is not.</param>
internal sealed class LocalHead(ReadLease lease, long head, bool tellsAll = true)
{
    private readonly WakeSignal _moved = new();
    private long _head = head;
    private volatile bool _hasEnded;

    /// <summary>Moves the head on.</summary>
    public void MoveTo(long head)
    {
        Volatile.Write(ref _head, head);
        _moved.Wake();
    }

    /// <summary>Wakes those who wait: this activation moves no more.</summary>
    public void End()
    {
        _hasEnded = true;
        _moved.Wake();
    }

    /// <summary>The head; null if the lease has to be renewed first.</summary>
    public long? Read() => tellsAll && lease.IsHeld ? Volatile.Read(ref _head) : null;

    /// <summary>Ends when the head is another one than a revision.</summary>
    public Task WhenMoved(long from)
    {
        var moved = _moved.Next;
        return _hasEnded || Interlocked.Read(ref _head) != from ? Task.CompletedTask : moved;
    }
}
