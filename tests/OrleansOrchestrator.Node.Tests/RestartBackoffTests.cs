using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Tests;

public sealed class RestartBackoffTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Delay_RestartsInARow_DoublesToTheMaximum()
    {
        var backoff = new RestartBackoff(new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)));
        var now = Start;
        var delays = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            delays.Add(backoff.Delay("c", now).TotalSeconds);
            var ended = now;
            now = backoff.NotBefore("c", ended);
            backoff.Record("c", ended, now);
        }

        delays.ShouldBe([0, 10, 20, 40, 80, 160, 300, 300]);
    }

    [Fact]
    public void Delay_RanForTwiceTheMaximum_StartsOver()
    {
        var backoff = new RestartBackoff(new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)));
        backoff.Record("c", Start, Start);

        backoff.Delay("c", Start.AddMinutes(10)).ShouldBe(TimeSpan.FromSeconds(10));
        backoff.Delay("c", Start.AddMinutes(10).AddSeconds(1)).ShouldBe(TimeSpan.Zero);
        backoff.Delay("other", Start).ShouldBe(TimeSpan.Zero);
    }
}
