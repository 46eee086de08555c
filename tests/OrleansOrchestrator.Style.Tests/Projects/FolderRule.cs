using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

/// <summary>The folders of a project build on each other in one direction: none needs a folder that needs it.</summary>
/// <remarks>What a folder needs is read from its files' using directives; the compiler refuses those that are not needed.</remarks>
internal static partial class FolderRule
{
    /// <summary>Finds each use that is part of a circle.</summary>
    /// <param name="project">The project's folder, as in <c>src/Acme.Model</c>.</param>
    /// <param name="files">The files of the repository.</param>
    public static IReadOnlyList<Finding> Find(string project, IEnumerable<SourceFile> files)
    {
        var uses = files.SelectMany(file => UsesIn(project, file)).Where(use => use.From != use.To).ToList();
        var needs = uses.ToLookup(use => use.From, use => use.To, StringComparer.Ordinal);
        return
        [
            .. from use in uses
               where Reaches(use.To, use.From, needs)
               select new Finding(use.Place, $"{use.From} needs {use.To}, which needs {use.From}"),
        ];
    }

    private static IEnumerable<(string From, string To, string Place)> UsesIn(string project, SourceFile file)
    {
        if (!file.Path.StartsWith(project + "/", StringComparison.Ordinal))
            yield break;
        var from = file.Path[(project.Length + 1)..].Split('/') is [var folder, _, ..] ? folder : "";
        var name = project[(project.LastIndexOf('/') + 1)..] + ".";
        foreach (Match use in Using().Matches(file.Code))
        {
            var used = use.Groups[1].Value;
            if (used.StartsWith(name, StringComparison.Ordinal))
                yield return (from, used[name.Length..].Split('.')[0], file.At(use.Index));
        }
    }

    private static bool Reaches(string from, string to, ILookup<string, string> needs)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { from };
        var open = new Queue<string>(seen);
        while (open.TryDequeue(out var folder))
        {
            if (folder == to)
                return true;
            foreach (var next in needs[folder].Where(seen.Add))
                open.Enqueue(next);
        }

        return false;
    }

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
