namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>The real time, but the time of day can be moved on. Timers go by the real time.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _shiftTicks));

    public void Shift(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);
}
