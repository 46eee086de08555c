using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Documents;

public sealed class LinkRuleTests
{
    [Fact]
    public void Tree_Documents_LinkToWhatExists() => Finding.ShouldBeNone(SourceTree.Repository.Files
        .Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal))
        .SelectMany(file => LinkRule.Find(file, path => Path.Exists(Path.Combine(SourceTree.Repository.Root, path)))));

    [Theory]
    [InlineData("[a](b.md)", "docs/b.md", 0)]
    [InlineData("[a](b.md#part)", "docs/b.md", 0)]
    [InlineData("[a](../README.md)", "README.md", 0)]
    [InlineData("[a](https://example.org/x.md)", "", 0)]
    [InlineData("[a](#part)", "", 0)]
    [InlineData("[a](c.md)", "docs/b.md", 1)]
    [InlineData("see `src/A/B.cs`", "src/A/B.cs", 0)]
    [InlineData("see `src/A/C.cs`", "src/A/B.cs", 1)]
    [InlineData("see `src/<project>/C.cs`", "", 0)]
    public void Find_Link_FindsTheDeadOne(string text, string existing, int count) =>
        LinkRule.Find(new SourceFile("docs/a.md", text), path => path == existing).Count().ShouldBe(count);
}
