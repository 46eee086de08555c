using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>Follows a cache for a grain: first the present objects, then their changes, for as long as the grain lives.</summary>
internal sealed partial class Reflector(TimeProvider time, ILogger<Reflector> logger)
{
    // Before it starts over: short beside a failover, and long enough not to busy-loop on a lasting fault.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    // The wait of one read. It only bounds how often an idle reflector wakes.
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    /// <summary>Passes every batch of events to <paramref name="handle"/> in order. Starts over with the present objects when the
    /// history has a gap or the handler fails: a handler must be level-triggered, and must not fail because of one object.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="begin">Called at every start with an up-to-date cache. Deletions before that are not reported; a handler that needs
    /// them must look for them here.</param>
    /// <param name="handle">Handles a batch. The first one has all present objects as additions.</param>
    /// <param name="cancellationToken">Ends the reflector.</param>
    public async Task FollowAsync(
        WatchCache cache, Action begin, Func<IReadOnlyList<WatchEvent>, Task> handle, CancellationToken cancellationToken)
    {
        Watcher? watcher = null;
        await SupervisedLoop.RunAsync($"follower of {cache.Definition.Name}", FollowAsync, time, logger, cancellationToken);
        Unwatch();

        async Task<TimeSpan?> FollowAsync(CancellationToken stopping)
        {
            try
            {
                if (watcher is null)
                {
                    watcher = await cache.WatchAsync(new WatchQuery(ObjectFilter.All, null, Freshness.Latest), stopping);
                    begin();
                }

                await handle(await watcher.ReadAsync(Idle, time, stopping));
                return TimeSpan.Zero;
            }
            catch (Exception interruption)
            {
                Unwatch();
                if (interruption is not ApiException && !StoreFaults.IsTransient(interruption))
                    throw;
                LogFollowingAgain(interruption, cache.Definition.Name);
                return Pause;
            }
        }

        void Unwatch()
        {
            if (watcher is not null)
                cache.Unwatch(watcher);
            watcher = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Starting to follow {Resource} again")]
    private partial void LogFollowingAgain(Exception exception, ResourceName resource);
}
