namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>A clock of the simulation that goes faster or slower than others by a little.</summary>
/// <param name="simulation">Has the true time.</param>
/// <param name="rate">How fast it goes.</param>
/// <param name="lead">By how many seconds its time of day is ahead.</param>
internal sealed class DriftingClock(Simulation simulation, double rate, double lead = 0) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public double Rate => rate;

    public DateTimeOffset Now => GetUtcNow();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (long)(simulation.Now * rate * TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => Start.AddSeconds(lead).AddTicks(GetTimestamp());
}
