using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// How far the caches of all silos have come that follow a store. A cache that was told a moment ago that it has everything is taken
/// at its word by its silo for <c>trusted</c> (<see cref="Watch.WatchCache.IsCurrent"/>). So once every cache that was answered
/// within that time has come beyond a revision, or that time is over, no silo decides by an earlier one.
/// </summary>
/// <param name="trusted">For how long a silo takes a cache at its word.</param>
/// <param name="time">The clock.</param>
internal sealed class FollowerProgress(TimeSpan trusted, TimeProvider time)
{
    private readonly Dictionary<Guid, (long Seen, long At)> _followers = [];
    private readonly WakeSignal _moved = new();

    // Those that an earlier activation has answered are not known here.
    private readonly long _began = time.GetTimestamp();

    /// <summary>Takes note that a follower asks for what comes after a revision.</summary>
    public void Note(Guid follower, long seen)
    {
        var isNews = !_followers.TryGetValue(follower, out var known) || known.Seen != seen;
        _followers[follower] = (seen, time.GetTimestamp());
        if (isNews)
            _moved.Wake();
    }

    /// <summary>Waits until no silo decides by a state before a revision, which is durable already.</summary>
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
            // It asks at least that often while it is there, and has not been answered since.
            if (time.GetElapsedTime(at) > 2 * trusted)
                _followers.Remove(follower);
        }

        return time.GetElapsedTime(_began) < trusted || _followers.Values.Any(follower => follower.Seen < revision);
    }
}
