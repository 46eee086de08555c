using System.Globalization;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Looks for programs of this machine by what is on their command line.</summary>
/// <remarks>A process that its program has just forked still has the command line of its parent, and is not counted beside it.</remarks>
internal static class ProcessTable
{
    public static IReadOnlyList<int> WithArgument(string part) => [.. Find(part).Select(found => found.Id)];

    /// <summary>Waits until one program has it. A pod may be ready before its own program has taken the place of what starts it.</summary>
    public static async Task<int> ProgramAsync(string part)
    {
        IReadOnlyList<int> found = [];
        await Eventually.HoldsAsync(() => (found = WithArgument(part)).Count == 1, "its program runs");
        return found[0];
    }

    /// <summary>The same processes as text, with their command lines, for messages.</summary>
    public static IReadOnlyList<string> Describe(string part) =>
        [.. Find(part).Select(found => string.Create(CultureInfo.InvariantCulture, $"{found.Id}: {found.CommandLine.Replace('\0', ' ')}"))];

    private static List<Found> Find(string part)
    {
        var all = new List<Found>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Read($"{folder}/cmdline") is var line && line.Contains(part, StringComparison.Ordinal))
            {
                all.Add(new Found(id, ParentOf(folder), line));
            }
        }

        return all.FindAll(found => !all.Exists(other => other.Id == found.Parent && other.CommandLine == found.CommandLine));
    }

    /// <summary>The id of a process's parent; 0 if the process has ended.</summary>
    private static int ParentOf(string folder)
    {
        // The program's name, in parentheses, may have blanks and parentheses.
        var stat = Read($"{folder}/stat");
        return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var parent, ..]
            ? int.Parse(parent, CultureInfo.InvariantCulture)
            : 0;
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private sealed record Found(int Id, int Parent, string CommandLine);
}
