using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Style.Tests.Tree;

/// <summary>Nothing in the tree depends on where somebody's copy of it lies.</summary>
public sealed partial class MachinePathTests
{
    [Fact]
    public void Tree_Files_NameNoDevelopersFolder() =>
        Finding.ShouldBeNone(SourceTree.Repository.Files.SelectMany(file => Find(file, SourceTree.Repository.Root)));

    [Theory]
    [InlineData("see /ho" + "me/jane/src", 1)]
    [InlineData("see /Us" + "ers/jane/src", 1)]
    [InlineData(@"see C:\Us" + @"ers\jane", 1)]
    [InlineData("see /somewhere/repository/src", 1)]
    [InlineData("see src/home/jane", 0)]
    public void Find_Path_FindsTheDevelopersFolder(string text, int count) =>
        Find(new SourceFile("a.md", text), "/somewhere/repository").Count().ShouldBe(count);

    private static IEnumerable<Finding> Find(SourceFile file, string root) =>
        DeveloperFolder().Matches(file.Text).Concat(Regex.Matches(file.Text, Regex.Escape(root) + @"\b"))
            .Select(match => new Finding(file.At(match.Index), $"names {match.Value}, a folder of somebody's machine"));

    [GeneratedRegex(@"(?<![\w.])/home/[a-z]\w+/|/Users/[A-Za-z]\w+/|\b[A-Z]:\\Users\\")]
    private static partial Regex DeveloperFolder();
}
