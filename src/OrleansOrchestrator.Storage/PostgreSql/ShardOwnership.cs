using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>What this process knows of a shard that it has opened: its epoch, and under which barrier commits are sent.</summary>
/// <remarks>
/// The barrier settles commits of unknown outcome. Such a commit may still lie in a socket, so locking the row is not enough
/// to know its fate: the reader of the head first raises the barrier in the row, and the commit, if it arrives at all, no
/// longer matches. Numbers are chosen here and only ever grow, so that a late attempt to raise the barrier is void as well.
/// </remarks>
internal sealed class ShardOwnership(ShardId shard, long epoch)
{
    private long _lastBarrierTried;

    public long Epoch { get; } = epoch;

    /// <summary>One commit or one reading of the head at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>The barrier under which commits are sent.</summary>
    public long Barrier { get; private set; }

    /// <summary>Whether the stored head and barrier are known. While they are not, nothing may be committed (I4).</summary>
    public bool InDoubt { get; private set; }

    public void Doubt() => InDoubt = true;

    public void RequireCertainty()
    {
        if (InDoubt)
            throw new InvalidOperationException($"the outcome of an earlier commit to {shard} is unknown: read the head first");
    }

    /// <summary>Starts an attempt to raise the barrier; until one succeeds the shard is in doubt.</summary>
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
