namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A clock whose wall clock can be set while its timestamps go on, as a machine's.</summary>
/// <param name="uptime">All of the clock but that.</param>
internal sealed class SteppedClock(TimeProvider uptime) : TimeProvider
{
    private TimeSpan _lead;

    public override long TimestampFrequency => uptime.TimestampFrequency;

    public override long GetTimestamp() => uptime.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => uptime.GetUtcNow() + _lead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        uptime.CreateTimer(callback, state, dueTime, period);

    /// <summary>Sets the wall clock ahead, or back.</summary>
    public void SetWallClock(TimeSpan by) => _lead += by;
}
