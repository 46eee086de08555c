using System.Globalization;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Looks for processes of this machine by what is on their command line.</summary>
internal static class ProcessTable
{
    public static IReadOnlyList<int> WithArgument(string part) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(d => Path.GetFileName(d))
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Where(name => CommandLine(name).Contains(part, StringComparison.Ordinal))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture)),
    ];

    /// <summary>The same processes as text, with their command lines, for messages.</summary>
    public static IReadOnlyList<string> Describe(string part) =>
        [.. WithArgument(part).Select(pid => pid.ToString(CultureInfo.InvariantCulture)).Select(pid => $"{pid}: {CommandLine(pid).Replace('\0', ' ')}")];

    private static string CommandLine(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
