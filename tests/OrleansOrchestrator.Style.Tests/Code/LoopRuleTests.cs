using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

public sealed class LoopRuleTests
{
    [Fact]
    public void Tree_LoopsOfOwners_AreSupervised() => Finding.ShouldBeNone(SourceTree.Repository.CSharp("src/").SelectMany(LoopRule.Find));

    [Theory]
    [InlineData("while (true) { await StepAsync(); }", 1)]
    [InlineData("while (true)\n    await Task.Delay(Check(), time, token);", 1)]
    [InlineData("for (;;) { await StepAsync(); }", 1)]
    [InlineData("while (!_stop.IsCancellationRequested) { Step(); }", 1)]
    [InlineData("using var timer = new PeriodicTimer(period, time);", 1)]
    [InlineData("while (true) { if (await TryAsync()) return; }", 0)]
    [InlineData("while (true) { index = Next(index); if (index < 0) break; }", 0)]
    [InlineData("while (await reader.ReadAsync(token)) { Handle(); }", 0)]
    [InlineData("// while (true) { await StepAsync(); }", 0)]
    public void Find_Loop_FindsTheOneWithoutAnEnd(string code, int count) =>
        LoopRule.Find(new SourceFile("src/A.cs", code)).Count().ShouldBe(count);

    [Fact]
    public void Find_HomeOfTheLoop_IsLeftOut() =>
        LoopRule.Find(new SourceFile("src/OrleansOrchestrator.Loops/A.cs", "while (true) { await StepAsync(); }")).ShouldBeEmpty();
}
