using Microsoft.Extensions.Time.Testing;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class KeyedBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Budget_OfOneThatDoesMuch_IsUsedUpAndTakesNothingFromOthers()
    {
        var budget = new KeyedBudget<string>(3, TimeSpan.FromMinutes(1), 100, _time);

        Enumerable.Range(0, 100).Count(_ => budget.TryTake("loud")).ShouldBe(3);
        budget.TryTake("quiet").ShouldBeTrue();
    }

    [Fact]
    public void Budget_AfterAWhile_HasOneMoreAndNeverMoreThanAtOnce()
    {
        var budget = new KeyedBudget<string>(3, TimeSpan.FromMinutes(1), 100, _time);
        for (var i = 0; i < 10; i++)
            budget.TryTake("a");

        _time.Advance(TimeSpan.FromSeconds(61));
        Enumerable.Range(0, 10).Count(_ => budget.TryTake("a")).ShouldBe(1);
        _time.Advance(TimeSpan.FromDays(1));
        Enumerable.Range(0, 10).Count(_ => budget.TryTake("a")).ShouldBe(3);
    }

    [Fact]
    public void Budget_OfMoreKeysThanItRemembers_StaysBounded()
    {
        var budget = new KeyedBudget<int>(1, TimeSpan.FromMinutes(1), 10, _time);

        for (var key = 0; key < 1000; key++)
            budget.TryTake(key).ShouldBeTrue();
    }
}
