using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Warns once about a store that takes long to open, and again when it is open.</summary>
internal sealed partial class SlowOpenings(TimeProvider time, ILogger<SlowOpenings> logger)
{
    // Longer than an opening in a failover normally takes, with the previous read lease and the load.
    private static readonly TimeSpan ReportAfter = TimeSpan.FromSeconds(3);

    // The shards that have been reported, with the start of their opening.
    private readonly ConcurrentDictionary<ShardId, long> _reported = new();

    /// <summary>Watches an opening until the result is disposed. If the opening fails, the next attempt counts as the same
    /// opening.</summary>
    public IDisposable Watch(ShardId shard)
    {
        var began = time.GetTimestamp();
        return time.CreateTimer(
            _ =>
            {
                if (_reported.TryAdd(shard, began))
                    LogWaits(shard, ReportAfter.TotalSeconds);
            },
            null, ReportAfter, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Records that a store is open.</summary>
    public void Opened(ShardId shard)
    {
        if (_reported.TryRemove(shard, out var began))
            LogOpened(shard, Math.Round(time.GetElapsedTime(began).TotalSeconds, 1));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store of {Shard} is still being opened after {Seconds} s; its objects can be neither read nor written")]
    private partial void LogWaits(ShardId shard, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store of {Shard} is open, after {Seconds} s")]
    private partial void LogOpened(ShardId shard, double seconds);
}
