using System.Collections.Concurrent;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What an engine was asked to create. It goes on with that when nobody waits for it any more, so that the removal of a pod
/// waits for what it makes. Thread-safe.</summary>
internal sealed class PodCreations(TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<Task, string> _running = new();

    /// <summary>Waits for a creation, which goes on if the wait is cancelled.</summary>
    /// <param name="podUid">The pod.</param>
    /// <param name="creation">The creation.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<T> WaitAsync<T>(string podUid, Task<T> creation, CancellationToken cancellationToken)
    {
        _running[creation] = podUid;
        _ = creation.ContinueWith(ended => (ended.Exception, _running.TryRemove(ended, out _)), TaskScheduler.Default);
        return await creation.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until the engine has made everything that it was asked for, or has refused it.</summary>
    /// <exception cref="RuntimeException">It has not in that time.</exception>
    public async Task EndAsync(string podUid, TimeSpan within, CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(_running.Where(creation => creation.Value == podUid).Select(creation => creation.Key));
        if (!await all.CompletesWithinAsync(within, timeProvider, cancellationToken))
            throw new RuntimeException(RuntimeException.Unavailable, "the container runtime is still creating a container of the pod");
    }
}
