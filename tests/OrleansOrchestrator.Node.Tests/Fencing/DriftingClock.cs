namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>A clock of the simulation that goes faster or slower than others by a little.</summary>
internal sealed class DriftingClock(Simulation simulation, double rate) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public double Rate => rate;

    public DateTimeOffset Now => GetUtcNow();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (long)(simulation.Now * rate * TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(GetTimestamp());
}
