using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>Follows a cache on behalf of a grain, from the present objects on and for as long as the grain lives.</summary>
internal sealed partial class Reflector(TimeProvider time, ILogger<Reflector> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    /// <summary>Hands every batch of events to <paramref name="handle"/>, in order. Starts over with the present objects when
    /// the history has a gap or the handler fails: a handler must be level-triggered, and must not fail because of one object.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="begin">Is called whenever it starts, and starts over, with a cache that is up to date. Nobody tells what was
    /// deleted before: whoever depends on that has to be looked for here.</param>
    /// <param name="handle">Takes a batch; the first one has all present objects as additions.</param>
    /// <param name="cancellationToken">Ends it.</param>
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
