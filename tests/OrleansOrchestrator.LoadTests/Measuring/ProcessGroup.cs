using System.Globalization;

namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>A process and its children, as far as /proc tells: what processor time they have used and what memory they hold.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Id">The process id.</param>
internal sealed record ProcessGroup(string Name, int Id)
{
    private const double TicksPerSecond = 100;
    private const int ParentField = 1;
    private const int UserTimeField = 11;

    /// <summary>Processor time so far in seconds, of the process, its children, and the children that have ended.</summary>
    public double CpuSeconds() => Members().Sum(fields =>
        (Long(fields, UserTimeField) + Long(fields, UserTimeField + 1)) / TicksPerSecond)
        + EndedChildrenSeconds();

    /// <summary>Processor time in seconds of the children that have ended.</summary>
    public double EndedChildrenSeconds() =>
        Read(Id) is { } own ? (Long(own, UserTimeField + 2) + Long(own, UserTimeField + 3)) / TicksPerSecond : 0;

    /// <summary>Memory held in bytes; what several processes share is counted once.</summary>
    public long MemoryBytes() => MemberIds().Sum(ReadProportionalBytes);

    private List<string[]> Members() => [.. MemberIds().Select(Read).OfType<string[]>()];

    private List<int> MemberIds()
    {
        var members = new List<int> { Id };
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Read(id) is { } fields && Long(fields, ParentField) == Id)
            {
                members.Add(id);
            }
        }

        return members;
    }

    private static long ReadProportionalBytes(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>The fields of /proc/id/stat from the state on; null if the process has ended.</summary>
    private static string[]? Read(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Long(string[] fields, int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
}
