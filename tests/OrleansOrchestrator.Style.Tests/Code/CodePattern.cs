using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>Something that must not be written, found by a regular expression.</summary>
/// <param name="Name">What it is called in a finding, with what to do instead.</param>
/// <param name="Expression">Finds it.</param>
/// <param name="Bad">A line that it must find.</param>
/// <param name="Good">A line that it must not find.</param>
internal sealed record CodePattern(string Name, string Expression, string Bad, string Good)
{
    private readonly Regex _expression = new(Expression, RegexOptions.CultureInvariant | RegexOptions.Multiline);

    /// <summary>Folders it holds in; empty for all.</summary>
    public string[] Folders { get; init; } = [];

    /// <summary>Folders it does not hold in.</summary>
    public string[] ExceptFolders { get; init; } = [];

    /// <summary>Whether comments and strings are searched too.</summary>
    public bool InText { get; init; }

    public IEnumerable<Finding> Find(SourceFile file)
    {
        if (Folders.Length > 0 && !Folders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal)))
            return [];
        if (ExceptFolders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal)))
            return [];
        return _expression.Matches(InText ? file.Text : file.Code).Select(match => new Finding(file.At(match.Index), Name));
    }

    public override string ToString() => Name;
}
