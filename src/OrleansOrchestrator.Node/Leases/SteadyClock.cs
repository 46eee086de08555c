namespace OrleansOrchestrator.Node.Leases;

/// <summary>A clock for waits: it goes on from the time of its making as the machine's uptime does, whatever the wall clock is set to.</summary>
/// <remarks>
/// By a wall clock that is set back an hour, a back-off of ten seconds ends in an hour, and so does the grace period of a container that
/// ignores its signal. What others read, and what is compared with their times, is by the wall clock.
/// </remarks>
internal sealed class SteadyClock : TimeProvider
{
    private readonly TimeProvider _clock;
    private readonly TimeProvider _uptime;
    private readonly DateTimeOffset _made;
    private readonly long _madeAt;

    /// <param name="clock">The wall clock.</param>
    public SteadyClock(TimeProvider clock)
    {
        _clock = clock;
        _uptime = UptimeClock.Of(clock);
        (_made, _madeAt) = (clock.GetUtcNow(), _uptime.GetTimestamp());
    }

    public override long TimestampFrequency => _clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _made + _uptime.GetElapsedTime(_madeAt);

    public override long GetTimestamp() => _clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _clock.CreateTimer(callback, state, dueTime, period);
}
