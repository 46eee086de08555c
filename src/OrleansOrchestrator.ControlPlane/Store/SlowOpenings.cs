using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Tells the operator, once, of a store that takes long to open, whatever it waits for, and when it is open at last.</summary>
internal sealed partial class SlowOpenings(TimeProvider time, ILogger<SlowOpenings> logger)
{
    private static readonly TimeSpan ReportAfter = TimeSpan.FromSeconds(3);

    // By shard, when its opening began; only those that have been told of.
    private readonly ConcurrentDictionary<ShardId, long> _told = new();

    /// <summary>Begins to watch an opening, until it is disposed. One that fails is tried again and goes on being slow.</summary>
    public IDisposable Watch(ShardId shard)
    {
        var began = time.GetTimestamp();
        return time.CreateTimer(
            _ =>
            {
                if (_told.TryAdd(shard, began))
                    LogWaits(shard, ReportAfter.TotalSeconds);
            },
            null, ReportAfter, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes note that a store is open.</summary>
    public void Opened(ShardId shard)
    {
        if (_told.TryRemove(shard, out var began))
            LogOpened(shard, Math.Round(time.GetElapsedTime(began).TotalSeconds, 1));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store of {Shard} is still being opened after {Seconds} s; its objects can be neither read nor written")]
    private partial void LogWaits(ShardId shard, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store of {Shard} is open, after {Seconds} s")]
    private partial void LogOpened(ShardId shard, double seconds);
}
