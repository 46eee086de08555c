using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>What processes have used, from <c>/proc</c>. Children that have ended count with the parent that waited for them.</summary>
internal static class ProcessUsage
{
    // Fields of /proc/pid/stat after the program's name.
    private const int SessionField = 3;
    private const int UserTimeField = 11;
    private const int ChildrenSystemTimeField = 14;
    private const int ResidentPagesField = 21;

    // The kernel counts processor time for users in hundredths of a second on every architecture that .NET runs on.
    private const long NanosecondsPerTick = 10_000_000;

    /// <summary>The usage of some processes together.</summary>
    public static ContainerUsage Of(IEnumerable<int> processes)
    {
        var (cpu, memory) = (0L, 0L);
        foreach (var process in processes)
        {
            if (ProcessIdentity.ReadStat(process) is not { Length: > ResidentPagesField } stat)
                continue;
            for (var field = UserTimeField; field <= ChildrenSystemTimeField; field++)
                cpu += Number(stat, field) * NanosecondsPerTick;
            memory += Number(stat, ResidentPagesField) * System.Environment.SystemPageSize;
        }

        return new ContainerUsage(cpu, memory);
    }

    /// <summary>The processes of the machine by their session.</summary>
    public static ILookup<int, int> BySession() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? process : 0)
        .Where(process => process > 0)
        .Select(process => (Process: process, Stat: ProcessIdentity.ReadStat(process)))
        .Where(one => one.Stat is { Length: > SessionField })
        .ToLookup(one => (int)Number(one.Stat!, SessionField), one => one.Process);

    private static long Number(string[] stat, int field) => long.TryParse(stat[field], CultureInfo.InvariantCulture, out var value) ? value : 0;
}
