using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>A file that fits in a head: at most 400 lines, the median under 120.</summary>
public sealed class FileSizeTests
{
    private const int LinesMax = 400;
    private const int MedianLinesMax = 120;

    /// <summary>Files that may be longer, each with its reason.</summary>
    private static readonly Dictionary<string, string> Allowed = [];

    [Fact]
    public void Tree_CSharpFiles_AreShort() => Finding.ShouldBeNone(SourceTree.Repository.CSharp().SelectMany(Find));

    [Fact]
    public void Tree_CSharpFiles_HaveAShortMedian()
    {
        var lengths = SourceTree.Repository.CSharp("src/").Select(file => file.Lines.Length).Order().ToList();

        lengths[lengths.Count / 2].ShouldBeLessThan(MedianLinesMax);
    }

    [Fact]
    public void Allowed_Files_ExistAndHaveAReason() => Allowed.ShouldAllBe(entry =>
        entry.Value.Length > 0 && SourceTree.Repository.Files.Any(file => file.Path == entry.Key && file.Lines.Length > LinesMax));

    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 1)]
    public void Find_File_FindsTheLongOne(int lines, int count) =>
        Find(new SourceFile("A.cs", string.Join('\n', new string[lines]))).Count().ShouldBe(count);

    private static IEnumerable<Finding> Find(SourceFile file)
    {
        var lines = file.Text.TrimEnd('\n').Length == 0 ? file.Lines.Length : file.Text.TrimEnd('\n').AsSpan().Count('\n') + 1;
        if (lines > LinesMax && !Allowed.ContainsKey(file.Path))
            yield return new Finding(file.Path, $"{lines} lines, {LinesMax} at most");
    }
}
