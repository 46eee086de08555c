using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>Follows a cache on behalf of a grain, from the present objects on and for as long as the grain lives.</summary>
internal sealed partial class CacheFollower(TimeProvider time, ILogger<CacheFollower> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    /// <summary>Hands every batch of events to <paramref name="handle"/>, in order. Starts over with the present objects when
    /// the history has a gap or the handler fails: a handler must be level-triggered.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="begin">Is called whenever it starts, and starts over, with a cache that is up to date. Nobody tells what was
    /// deleted before: whoever depends on that has to be looked for here.</param>
    /// <param name="handle">Takes a batch; the first one has all present objects as additions.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task FollowAsync(
        WatchCache cache, Action begin, Func<IReadOnlyList<WatchEvent>, Task> handle, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await FollowOnceAsync(cache, begin, handle, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFollowingAgain(exception, cache.Definition.Name);
                await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
    }

    /// <summary>The same, but ends with an exception where the other starts over.</summary>
    public Task FollowOnceAsync(WatchCache cache, Func<IReadOnlyList<WatchEvent>, Task> handle, CancellationToken cancellationToken) =>
        FollowOnceAsync(cache, static () => { }, handle, cancellationToken);

    private async Task FollowOnceAsync(
        WatchCache cache, Action begin, Func<IReadOnlyList<WatchEvent>, Task> handle, CancellationToken cancellationToken)
    {
        var watcher = await cache.WatchAsync(new WatchQuery(ObjectFilter.All, null, Freshness.Latest), cancellationToken);
        try
        {
            begin();
            while (true)
                await handle(await watcher.ReadAsync(Idle, time, cancellationToken));
        }
        finally
        {
            cache.Unwatch(watcher);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Starting to follow {Resource} again")]
    private partial void LogFollowingAgain(Exception exception, ResourceName resource);
}
