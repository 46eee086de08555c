using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Style.Tests.Tree;

public sealed partial class WhitespaceTests
{
    [Fact]
    public void Tree_Files_HaveCleanWhitespace() => Finding.ShouldBeNone(SourceTree.Repository.Files.SelectMany(Find));

    [Theory]
    [InlineData("a\n", 0)]
    [InlineData("", 0)]
    [InlineData("a \nb\n", 1)]
    [InlineData("a\r\n", 1)]
    [InlineData("a", 1)]
    [InlineData("a\n\n", 1)]
    [InlineData("\ta\n", 1)]
    public void Find_Text_FindsWhitespaceFaults(string text, int count) => Find(new SourceFile("A.cs", text)).Count().ShouldBe(count);

    private static IEnumerable<Finding> Find(SourceFile file)
    {
        // The solution file is written by the SDK, with tabs and a byte order mark.
        if (file.Path.EndsWith(".sln", StringComparison.Ordinal))
            yield break;
        foreach (Match match in Fault().Matches(file.Text))
            yield return new Finding(file.At(match.Index), "white space at the end of a line, or a carriage return");
        foreach (Match match in Tab().Matches(file.Text))
            yield return new Finding(file.At(match.Index), "tab in the indentation");
        if (file.Text.Length > 0 && (!file.Text.EndsWith('\n') || file.Text.EndsWith("\n\n", StringComparison.Ordinal)))
            yield return new Finding(file.Path, "must end with one line break");
    }

    [GeneratedRegex(@"[ \t]+(?=\r?\n)|[ \t]+\z|\r")]
    private static partial Regex Fault();

    [GeneratedRegex(@"^ *\t", RegexOptions.Multiline)]
    private static partial Regex Tab();
}
