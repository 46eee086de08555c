using System.Text.RegularExpressions;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Golden;

/// <summary>
/// A folder that shows one behaviour of the API: <c>objects.yaml</c> is there before (optional), <c>request.http</c> is what a
/// client sends, <c>expected.http</c> is what it gets. Both hold one message or several, divided by lines of <c>###</c>.
/// </summary>
internal sealed partial class GoldenCase
{
    private readonly string _folder;

    private GoldenCase(string folder) => _folder = folder;

    /// <summary>Where the cases are, in the source tree.</summary>
    public static string Root { get; } = Path.Combine(RepositoryFolder.Path, "tests", "OrleansOrchestrator.EndToEnd.Tests", "Golden", "cases");

    /// <summary>The names of all cases, as in <c>patch/merge-null-removes</c>.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Root, "request.http", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Root, Path.GetDirectoryName(file)!))
        .Order(StringComparer.Ordinal);

    /// <summary>The objects that exist before, as YAML documents.</summary>
    public IReadOnlyList<string> Objects => File.Exists(At("objects.yaml")) ? Documents().Split(File.ReadAllText(At("objects.yaml"))) : [];

    /// <summary>The requests, in order.</summary>
    public IReadOnlyList<string> Requests => Messages().Split(File.ReadAllText(At("request.http")));

    /// <summary>All expected answers, as text.</summary>
    public string Expected => File.Exists(At("expected.http")) ? File.ReadAllText(At("expected.http")) : "";

    public static GoldenCase Of(string name) => new(Path.Combine(Root, name));

    /// <summary>Takes what came for what is expected. Whoever calls this reads the difference before committing it.</summary>
    public void Accept(string answers) => File.WriteAllText(At("expected.http"), answers);

    private string At(string file) => Path.Combine(_folder, file);

    [GeneratedRegex("^---$\n?", RegexOptions.Multiline)]
    private static partial Regex Documents();

    [GeneratedRegex("^###.*$\n?", RegexOptions.Multiline)]
    private static partial Regex Messages();
}
