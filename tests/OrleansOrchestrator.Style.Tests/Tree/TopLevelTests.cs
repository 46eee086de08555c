namespace OrleansOrchestrator.Style.Tests.Tree;

/// <summary>The top folder stays short: what is not here has its place in one of these.</summary>
public sealed class TopLevelTests
{
    private static readonly string[] Allowed =
    [
        "src", "tests", "sql", "charts", "docs", "samples", "OrleansOrchestrator.sln", "global.json", "README.md", "LICENSE",
        "Directory.Build.props", "Directory.Packages.props",
    ];

    [Fact]
    public void Tree_TopLevelEntries_AreTheAllowedOnes() => Finding.ShouldBeNone(Find(SourceTree.Repository.Files));

    [Theory]
    [InlineData("notes.txt", 1)]
    [InlineData("scripts/a.sh", 1)]
    [InlineData(".ci/run", 0)]
    [InlineData("src/a.cs", 0)]
    public void Find_Entry_FindsTheStranger(string path, int count) => Find([new SourceFile(path, "")]).Count().ShouldBe(count);

    private static IEnumerable<Finding> Find(IEnumerable<SourceFile> files) => files
        .Select(file => file.Path.Split('/')[0])
        .Distinct()
        .Where(entry => !entry.StartsWith('.') && !Allowed.Contains(entry, StringComparer.Ordinal))
        .Select(entry => new Finding(entry, "does not belong in the top folder"));
}
