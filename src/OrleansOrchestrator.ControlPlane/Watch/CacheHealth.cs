using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// Detects caches in use that hear nothing from their stores, or cannot be filled: this silo then shows old objects or none. The silo
/// is unready for as long as that lasts. Logs once when it begins and once when it is over.
/// </summary>
internal sealed partial class CacheHealth(WatchCaches caches, WatchOptions options, TimeProvider time, ILogger<CacheHealth> logger)
    : BackgroundService, IReadinessCheck
{
    // The resources named in one line; the others are counted.
    private const int NamedMax = 5;

    // Well below WatchOptions.SilenceMax, so that it adds little to the delay.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private bool _isReported;

    /// <inheritdoc/>
    public string Name => "watch-caches";

    /// <inheritdoc/>
    public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(FindSilent() is { Count: > 0 } silent
        ? $"{Names(silent)}: nothing heard from the store for {silent.Max(cache => cache.Silence).TotalSeconds:F0} s{Why(silent)}"
        : null);

    /// <summary>Checks all caches, and logs what has changed.</summary>
    internal void Look()
    {
        var silent = FindSilent();
        if (silent.Count > 0 && !_isReported)
            LogSilent(Names(silent), Why(silent));
        if (silent.Count == 0 && _isReported)
            LogHears();
        _isReported = silent.Count > 0;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        return SupervisedLoop.RunAsync("cache health", LookAsync, time, logger, stoppingToken);

        Task<TimeSpan?> LookAsync(CancellationToken cancellationToken)
        {
            Look();
            return Task.FromResult<TimeSpan?>(Period);
        }
    }

    private List<WatchCache> FindSilent() => [.. caches.InUse.Where(cache => !cache.IsStopping && cache.Silence > options.SilenceMax)];

    private static string Names(List<WatchCache> silent)
    {
        var names = string.Join(", ", silent.Take(NamedMax).Select(cache => cache.Definition.Name.ToString()).Order(StringComparer.Ordinal));
        return silent.Count > NamedMax ? $"{names} and {silent.Count - NamedMax} more" : names;
    }

    private static string Why(List<WatchCache> silent) =>
        silent.Select(cache => cache.SilentBecause).FirstOrDefault(why => why is not null) is { } why ? $" ({why})" : "";

    [LoggerMessage(Level = LogLevel.Warning, Message = "What this silo shows of {Resources} is old or missing: their stores do not answer{Why}")]
    private partial void LogSilent(string resources, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What this silo shows is up to date again")]
    private partial void LogHears();
}
