using System.Collections.Concurrent;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The committed heads of the stores on this silo, for readers on the same silo: a consistent read that can see the store's
/// memory need not call it.
/// </summary>
internal sealed class LocalHeads
{
    private readonly ConcurrentDictionary<ResourceName, LocalHead> _heads = new();

    /// <summary>Lets readers see a store's head.</summary>
    public void Publish(ResourceName resource, LocalHead head) => _heads[resource] = head;

    /// <summary>Sends readers to the store again. Whoever has looked before that has looked in time.</summary>
    public void Withdraw(ResourceName resource, LocalHead head) => _heads.TryRemove(KeyValuePair.Create(resource, head));

    /// <summary>The head; null if only the store can tell.</summary>
    public long? Read(ResourceName resource) => _heads.TryGetValue(resource, out var head) ? head.Read() : null;
}

/// <summary>The head of one activation of a store.</summary>
/// <remarks>
/// While the lease is held, no other activation has acknowledged anything. What this one has acknowledged is in the head, which
/// moves before the callers are told. So whatever was acknowledged before a reader looks is not beyond what it sees (invariant I3).
/// </remarks>
internal sealed class LocalHead(ReadLease lease, long head)
{
    private long _head = head;

    /// <summary>Moves the head on.</summary>
    public void MoveTo(long head) => Volatile.Write(ref _head, head);

    /// <summary>The head; null if the lease has to be renewed first.</summary>
    public long? Read() => lease.IsHeld ? Volatile.Read(ref _head) : null;
}
