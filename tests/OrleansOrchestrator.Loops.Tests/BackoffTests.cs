using CsCheck;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class BackoffTests
{
    private static readonly Gen<Backoff> Backoffs = Gen.Select(Gen.Long[1, TimeSpan.MaxValue.Ticks], Gen.Long[1, TimeSpan.MaxValue.Ticks])
        .Select(static (first, most) => new Backoff(TimeSpan.FromTicks(first), TimeSpan.FromTicks(most)));

    [Fact]
    public void After_FailuresInARow_DoublesToTheLongest()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));

        Enumerable.Range(1, 8).Select(failures => backoff.After(failures).TotalSeconds).ShouldBe([10, 20, 40, 80, 160, 300, 300, 300]);
    }

    [Fact]
    public void After_AnyFirstAndLongest_GrowsAndStaysWithinBounds() => Gen.Select(Backoffs, Gen.Int).Sample((backoff, failures) =>
    {
        var wait = backoff.After(failures);
        var next = backoff.After(failures == int.MaxValue ? failures : failures + 1);
        return wait > TimeSpan.Zero && wait <= backoff.Most && wait <= next
            && (wait >= backoff.First || wait == backoff.Most)
            && (next == backoff.Most || failures < 1 || next.Ticks == wait.Ticks * 2);
    });

    [Fact]
    public void Next_WithJitter_TakesAwayUpToHalf() => Gen.Select(Gen.Int[1, 60], Gen.Int).Sample((tries, seed) =>
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));
        var delay = new RetryDelay(backoff, new Random(seed));
        return Enumerable.Range(1, tries).All(failures => delay.Next() is var wait && wait <= backoff.After(failures) && wait >= backoff.After(failures) / 2);
    });

    [Fact]
    public void Next_WithoutJitter_IsTheBackoff()
    {
        var delay = new RetryDelay(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)));

        Enumerable.Range(0, 5).Select(_ => delay.Next().TotalSeconds).ShouldBe([1, 2, 4, 8, 8]);
    }

    [Fact]
    public void Reset_AfterFailures_StartsOver()
    {
        var delay = new RetryDelay(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)));
        delay.Next();
        delay.Next();

        delay.Reset();

        delay.Next().ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Next_OtherSideAsksForMore_WaitsAsLong()
    {
        var delay = new RetryDelay(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)));

        delay.Next(atLeast: TimeSpan.FromSeconds(60)).ShouldBe(TimeSpan.FromSeconds(60));
        delay.Next(atLeast: TimeSpan.FromMilliseconds(1)).ShouldBe(TimeSpan.FromSeconds(2));
    }
}
