namespace OrleansOrchestrator.EndToEnd.Tests.CommandLine;

/// <summary>The table of <c>docs/kubectl.md</c>.</summary>
internal static class CommandTable
{
    private const string Works = "works";
    private const string NotYet = "not yet";

    /// <summary>The commands in the table's order, and whether the document says that they work.</summary>
    public static IReadOnlyList<KeyValuePair<string, bool>> Rows { get; } = [.. Read()];

    private static IEnumerable<KeyValuePair<string, bool>> Read()
    {
        foreach (var line in File.ReadLines(Path.Combine(OrchestratorProgram.Repository, "docs", "kubectl.md")))
        {
            // Only rows begin with a command in backquotes.
            if (!line.StartsWith("| `", StringComparison.Ordinal))
                continue;
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            yield return new(cells[1].Trim('`'), cells[2] switch
            {
                Works => true,
                NotYet => false,
                _ => throw new InvalidDataException($"a command either works or does not yet: {line}"),
            });
        }
    }
}
