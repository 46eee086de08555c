namespace OrleansOrchestrator.EndToEnd.Tests.CommandLine;

/// <summary>What shows that a command of kubectl works: a piece of bash that fails if it does not.</summary>
/// <param name="Name">The command, as the document names it.</param>
/// <param name="Script">The commands, which use what the prelude defines.</param>
internal sealed record CommandCase(string Name, string Script)
{
    private const string Head = "## ";
    private const string Prelude = "prelude.sh";

    private static readonly string Folder = Path.Combine(OrchestratorProgram.Repository, "tests", "OrleansOrchestrator.EndToEnd.Tests", "CommandLine", "cases");

    /// <summary>Every case, in the order of the files.</summary>
    public static IReadOnlyList<CommandCase> All { get; } =
        [.. Directory.GetFiles(Folder, "*.sh").Where(file => Path.GetFileName(file) != Prelude).Order(StringComparer.Ordinal).SelectMany(Read)];

    /// <summary>The whole script, with the prelude.</summary>
    public string Complete() => $"{File.ReadAllText(Path.Combine(Folder, Prelude))}\n{Script}";

    private static IEnumerable<CommandCase> Read(string file) =>
        File.ReadAllText(file).Split($"\n{Head}").Select(text =>
        {
            var (name, script) = Cut(text);
            return new CommandCase(name.Replace(Head, "", StringComparison.Ordinal), script);
        });

    private static (string Line, string Body) Cut(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return (text[..end], text[(end + 1)..]);
    }
}
