using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>What this process knows of a shard that it has opened: its epoch, and the barrier under which it sends commits.</summary>
/// <remarks>
/// The barrier settles commits of unknown outcome. Such a commit may still lie in a socket, so that a lock on the row does not tell its
/// fate. Whoever reads the head first raises the barrier in the row; if the commit arrives later, it no longer matches. This process
/// chooses the numbers and they only grow, so that a late attempt to raise the barrier is void as well.
/// </remarks>
internal sealed class ShardOwnership(ShardId shard, long epoch)
{
    private long _lastBarrierTried;

    public long Epoch { get; } = epoch;

    /// <summary>Admits one commit or one reading of the head at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>The barrier under which commits are sent.</summary>
    public long Barrier { get; private set; }

    /// <summary>Whether the stored head and barrier are unknown. Nothing may be committed then (I4).</summary>
    public bool InDoubt { get; private set; }

    public void Doubt() => InDoubt = true;

    public void RequireCertainty()
    {
        if (InDoubt)
            throw new InvalidOperationException($"the outcome of an earlier commit to {shard} is unknown: read the head first");
    }

    /// <summary>Starts an attempt to raise the barrier. The shard is in doubt until one succeeds.</summary>
    public long NextBarrier()
    {
        InDoubt = true;
        return ++_lastBarrierTried;
    }

    public void BarrierRaised(long barrier)
    {
        Barrier = barrier;
        InDoubt = false;
    }
}
