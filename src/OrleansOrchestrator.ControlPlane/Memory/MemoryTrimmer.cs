using System.Runtime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Memory;

/// <summary>
/// Returns memory to the operating system when the process becomes idle. Without allocations the collector does not run, so that
/// deleted objects would occupy memory for as long as nothing happens.
/// </summary>
internal sealed partial class MemoryTrimmer(TimeProvider time, ILogger<MemoryTrimmer> logger) : BackgroundService
{
    // With IdleTrim.RestPeriods a trim comes 70 s after the last work, when histories have dropped what was deleted.
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
