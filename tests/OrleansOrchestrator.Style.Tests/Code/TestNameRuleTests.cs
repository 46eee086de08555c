using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

public sealed class TestNameRuleTests
{
    [Fact]
    public void Tree_Tests_AreNamedBySubjectConditionAndResult() =>
        Finding.ShouldBeNone(SourceTree.Repository.CSharp("tests/").SelectMany(TestNameRule.Find));

    [Theory]
    [InlineData("[Fact] public void A_B_C() { }", 0)]
    [InlineData("[Fact] public void Works() { }", 1)]
    [InlineData("[Theory]\n[InlineData(1)]\npublic async Task A_B(int x) { }", 1)]
    [InlineData("public void Works() { }", 0)]
    public void Find_Test_FindsTheMisnamed(string code, int count) =>
        TestNameRule.Find(new SourceFile("A.cs", code)).Count().ShouldBe(count);
}
