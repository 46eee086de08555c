using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace OrleansOrchestrator.Gateway.Transport;

/// <summary>Creates Kestrel's block pools, and trims them after busy times.</summary>
internal sealed class BlockPools : IMemoryPoolFactory<byte>, IDisposable
{
    // Long beside a burst of requests, so that a busy pool keeps its blocks.
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
