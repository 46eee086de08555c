using System.Runtime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Memory;

/// <summary>
/// Gives memory back to the machine once work has come to rest. Without allocations the collector does not run, so that what
/// belonged to deleted objects would stay with the process for as long as nothing happens.
/// </summary>
internal sealed partial class MemoryTrimmer(TimeProvider time, ILogger<MemoryTrimmer> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var idle = new IdleTrim();
        return SupervisedLoop.RunAsync("memory trimmer", LookAsync, time, logger, stoppingToken);

        Task<TimeSpan?> LookAsync(CancellationToken cancellationToken)
        {
            if (idle.Look(GC.GetTotalAllocatedBytes()))
                Trim();
            return Task.FromResult<TimeSpan?>(Period);
        }
    }

    private void Trim()
    {
        var before = Environment.WorkingSet;
        var started = time.GetTimestamp();
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        LogTrimmed(before, Environment.WorkingSet, time.GetElapsedTime(started).TotalMilliseconds);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Memory trimmed from {Before} to {After} bytes in {Milliseconds} ms")]
    private partial void LogTrimmed(long before, long after, double milliseconds);
}
