using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>A file's namespace is its folder, and holds for the whole file.</summary>
internal static partial class NamespaceRule
{
    public static IEnumerable<Finding> Find(SourceFile file)
    {
        var folders = file.Path.Split('/')[1..^1];
        var expected = string.Join('.', folders);
        var declared = Declaration().Match(file.Code);
        if (declared.Success && declared.Groups[1].Value != expected)
            yield return new Finding(file.At(declared.Index), $"namespace {declared.Groups[1].Value}, the folder says {expected}");
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
