using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace OrleansOrchestrator.Gateway.Transport;

/// <summary>Gives Kestrel its pools of blocks, and sees to it that they give back what a busy time has left.</summary>
internal sealed class BlockPools : IMemoryPoolFactory<byte>, IDisposable
{
    private static readonly TimeSpan TrimPeriod = TimeSpan.FromSeconds(10);

    private readonly ConcurrentBag<BlockPool> _pools = [];
    private readonly ITimer _trimming;

    public BlockPools(TimeProvider time) => _trimming = time.CreateTimer(_ => Trim(), null, TrimPeriod, TrimPeriod);

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
    {
        var pool = new BlockPool();
        _pools.Add(pool);
        return pool;
    }

    /// <inheritdoc/>
    public void Dispose() => _trimming.Dispose();

    private void Trim()
    {
        foreach (var pool in _pools)
            pool.Trim();
    }
}
