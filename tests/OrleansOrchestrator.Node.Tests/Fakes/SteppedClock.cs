using Microsoft.Extensions.Time.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A clock whose wall clock can be set while its timestamps go on, as a machine's.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private readonly FakeTimeProvider _uptime = new();
    private TimeSpan _lead;

    public override long TimestampFrequency => _uptime.TimestampFrequency;

    public override long GetTimestamp() => _uptime.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _uptime.GetUtcNow() + _lead;

    public void Advance(TimeSpan time) => _uptime.Advance(time);

    /// <summary>Sets the wall clock ahead, or back.</summary>
    public void SetWallClock(TimeSpan by) => _lead += by;
}
