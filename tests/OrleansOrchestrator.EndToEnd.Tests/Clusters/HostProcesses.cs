using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// What the machine's process table knows. Processes of containers are in it too, so that one question serves every runtime.
/// </summary>
internal static class HostProcesses
{
    private const int ParentField = 1;
    private const int SessionField = 3;
    private const int StartField = 19;

    /// <summary>Processes that have an environment variable with this value.</summary>
    public static IReadOnlyList<int> WithEnvironment(string name, string value)
    {
        var wanted = $"{name}={value}";
        return Find(folder => Read(folder, "environ").Split('\0').Contains(wanted, StringComparer.Ordinal));
    }

    /// <summary>Those of the processes whose parent is not among them: a program, without what it has started.</summary>
    public static IReadOnlyList<int> WithoutChildren(IReadOnlyList<int> processes)
    {
        var all = processes.ToHashSet();
        return [.. processes.Where(id => StatusOf(id) is { } status && !all.Contains(int.Parse(status[ParentField], CultureInfo.InvariantCulture)))];
    }

    /// <summary>Processes whose command line or environment mentions a text.</summary>
    public static IReadOnlyList<int> Mentioning(string text) => Find(folder =>
        Read(folder, "cmdline").Contains(text, StringComparison.Ordinal) || Read(folder, "environ").Contains(text, StringComparison.Ordinal));

    /// <summary>The processes with those of the sessions that they lead: what a wrapper has started may mention nothing.</summary>
    public static IReadOnlyList<int> WithSessions(IReadOnlyList<int> processes)
    {
        var sessions = processes.Select(id => id.ToString(CultureInfo.InvariantCulture)).ToHashSet();
        return [.. processes.Union(Find(folder => StatusOf(folder)?[SessionField] is { } session && sessions.Contains(session)))];
    }

    /// <summary>Ends a process like a crash, unless it has ended by itself.</summary>
    public static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>Sends a signal, by its name without SIG, to processes at once; those that have ended are no error.</summary>
    public static async Task SignalAsync(string signal, IReadOnlyList<int> processes)
    {
        if (processes.Count == 0)
            return;
        string[] arguments = [$"-{signal}", .. processes.Select(id => id.ToString(CultureInfo.InvariantCulture))];
        using var kill = Process.Start(new ProcessStartInfo("kill", arguments) { RedirectStandardError = true })!;
        await kill.WaitForExitAsync();
    }

    /// <summary>The command line of a process, for messages.</summary>
    public static string Describe(int id) => $"{id}: {Read($"/proc/{id}", "cmdline").Replace('\0', ' ')}";

    /// <summary>When the process began, in clock ticks since the machine's start: with its id, what tells it from any other.</summary>
    public static string? StartOf(int id) => StatusOf(id)?[StartField];

    /// <summary>The fields of a process's state from the third on; the second is a name that may hold anything.</summary>
    private static string[]? StatusOf(int id) => StatusOf($"/proc/{id}");

    private static string[]? StatusOf(string folder)
    {
        var stat = Read(folder, "stat");
        return stat.Length == 0 ? null : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static List<int> Find(Func<string, bool> matches)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId && matches(folder))
                found.Add(id);
        }

        return found;
    }

    private static string Read(string folder, string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, file)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or belongs to somebody else.
            return "";
        }
    }
}
