using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

public sealed class DelayRuleTests
{
    [Fact]
    public void Tree_Delays_TakeATimeProvider() => Finding.ShouldBeNone(SourceTree.Repository.CSharp("src/").SelectMany(DelayRule.Find));

    [Theory]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1));", 1)]
    [InlineData("await Task.Delay(Wait(1, 2), cancellationToken);", 1)]
    [InlineData("using var timer = new PeriodicTimer(period);", 1)]
    [InlineData("await Task.Delay(Wait(1, 2), _time, token);", 0)]
    [InlineData("await Task.Delay(period, timeProvider);", 0)]
    [InlineData("await Task.Delay(Timeout.Infinite, token);", 0)]
    [InlineData("// Task.Delay(1)", 0)]
    public void Find_Delay_FindsThoseWithoutClock(string code, int count) =>
        DelayRule.Find(new SourceFile("A.cs", code)).Count().ShouldBe(count);
}
