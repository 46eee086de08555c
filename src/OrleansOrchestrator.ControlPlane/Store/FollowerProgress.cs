using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// The progress of all silos' caches that follow a store. After an answer that a cache has everything, its silo trusts the cache for
/// the time <c>trusted</c> (<see cref="Watch.WatchCache.IsCurrent"/>). Once every cache answered within that time has passed a
/// revision, or that time is over, no silo decides by an earlier state.
/// </summary>
/// <param name="trusted">For how long a silo trusts a cache after such an answer.</param>
/// <param name="time">The clock.</param>
internal sealed class FollowerProgress(TimeSpan trusted, TimeProvider time)
{
    private readonly Dictionary<Guid, (long Seen, long At)> _followers = [];
    private readonly WakeSignal _moved = new();

    // Followers that an earlier activation answered are unknown here.
    private readonly long _began = time.GetTimestamp();

    /// <summary>Records that a follower asks for the changes after a revision.</summary>
    public void Note(Guid follower, long seen)
    {
        var isNews = !_followers.TryGetValue(follower, out var known) || known.Seen != seen;
        _followers[follower] = (seen, time.GetTimestamp());
        if (isNews)
            _moved.Wake();
    }

    /// <summary>Waits until no silo decides by a state before a durable revision.</summary>
    public async Task WhenSeenAsync(long revision)
    {
        var started = time.GetTimestamp();
        while (IsAnyBehind(revision) && trusted - time.GetElapsedTime(started) is var remaining && remaining > TimeSpan.Zero)
            await _moved.Next.CompletesWithinAsync(remaining, time, CancellationToken.None);
    }

    private bool IsAnyBehind(long revision)
    {
        foreach (var (follower, (_, at)) in _followers)
        {
            // A live follower asks at least that often. This one has received no answer since.
            if (time.GetElapsedTime(at) > 2 * trusted)
                _followers.Remove(follower);
        }

        return time.GetElapsedTime(_began) < trusted || _followers.Values.Any(follower => follower.Seen < revision);
    }
}
