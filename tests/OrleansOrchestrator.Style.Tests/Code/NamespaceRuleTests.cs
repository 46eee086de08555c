using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

public sealed class NamespaceRuleTests
{
    [Fact]
    public void Tree_Namespaces_AreTheFolders() =>
        Finding.ShouldBeNone(SourceTree.Repository.CSharp("src/").Concat(SourceTree.Repository.CSharp("tests/")).SelectMany(NamespaceRule.Find));

    [Theory]
    [InlineData("namespace Acme.Model.Names;", 0)]
    [InlineData("namespace Acme.Model;", 1)]
    [InlineData("return 1;", 0)]
    public void Find_Namespace_FindsTheWrongOne(string code, int count) =>
        NamespaceRule.Find(new SourceFile("src/Acme.Model/Names/A.cs", code)).Count().ShouldBe(count);
}
