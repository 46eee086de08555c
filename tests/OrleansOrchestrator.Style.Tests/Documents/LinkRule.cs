using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Documents;

/// <summary>What a document links to, or names as a path of the repository, exists.</summary>
internal static partial class LinkRule
{
    /// <param name="file">A Markdown file.</param>
    /// <param name="exists">Tells whether a path from the top folder exists.</param>
    public static IEnumerable<Finding> Find(SourceFile file, Func<string, bool> exists)
    {
        var folder = System.IO.Path.GetDirectoryName(file.Path)!;
        foreach (Match link in Link().Matches(file.Text))
        {
            var target = link.Groups["target"].Value;
            if (!exists(Normalize(folder, target)))
                yield return new Finding(file.At(link.Index), $"{target} does not exist");
        }

        foreach (Match path in NamedPath().Matches(file.Text))
        {
            var target = path.Groups["path"].Value;
            if (!target.Contains('<', StringComparison.Ordinal) && !target.Contains('*', StringComparison.Ordinal) && !exists(target.TrimEnd('/')))
                yield return new Finding(file.At(path.Index), $"{target} does not exist");
        }
    }

    private static string Normalize(string folder, string target)
    {
        var full = System.IO.Path.GetFullPath(System.IO.Path.Combine("/", folder, target));
        return full.TrimStart('/').TrimEnd('/');
    }

    [GeneratedRegex(@"\]\((?!\w+:|#)(?<target>[^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(src|tests|sql|docs|samples|charts)/[^`\s]*)`")]
    private static partial Regex NamedPath();
}
