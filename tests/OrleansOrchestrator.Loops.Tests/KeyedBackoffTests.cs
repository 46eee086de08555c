namespace OrleansOrchestrator.Loops.Tests;

public sealed class KeyedBackoffTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly KeyedBackoff<string> _backoff = new(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)));

    [Fact]
    public void Fail_SeveralTimesInARow_WaitsLongerForThatKeyOnly()
    {
        _backoff.Fail("a", Start).ShouldBe(Start.AddSeconds(1));
        _backoff.Fail("a", Start).ShouldBe(Start.AddSeconds(2));
        _backoff.Fail("b", Start).ShouldBe(Start.AddSeconds(1));

        _backoff.IsWaiting("a", Start.AddSeconds(1)).ShouldBeTrue();
        _backoff.IsWaiting("b", Start.AddSeconds(1)).ShouldBeFalse();
        _backoff.IsWaiting("c", Start).ShouldBeFalse();
    }

    [Fact]
    public void Succeed_AfterFailures_StartsOver()
    {
        _backoff.Fail("a", Start);
        _backoff.Fail("a", Start);
        _backoff.Succeed("a");

        _backoff.IsWaiting("a", Start).ShouldBeFalse();
        _backoff.Fail("a", Start).ShouldBe(Start.AddSeconds(1));
    }

    [Fact]
    public void Forget_KeysThatNobodyTriesAnyMore_StartOver()
    {
        _backoff.Fail("a", Start);
        _backoff.Fail("a", Start);
        _backoff.Forget(Start.AddSeconds(10), TimeSpan.FromMinutes(1));
        _backoff.Fail("a", Start).ShouldBe(Start.AddSeconds(4));

        _backoff.Forget(Start.AddMinutes(10), TimeSpan.FromMinutes(1));

        _backoff.Fail("a", Start).ShouldBe(Start.AddSeconds(1));
    }
}
