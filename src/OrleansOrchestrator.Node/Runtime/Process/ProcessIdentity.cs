using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Identifies a process, so that a later process with the same id is not mistaken for it.</summary>
/// <param name="Pid">The process id, which is also the id of its session and group.</param>
/// <param name="StartTicks">Its start in clock ticks since boot, from <c>/proc/pid/stat</c>.</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    private const int StateField = 0;
    private const int StartField = 19;

    /// <summary>The id of the machine's boot; process ids of another boot are meaningless.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Whether the process still runs. A zombie does not.</summary>
    public bool IsAlive => ReadStat(Pid) is { } stat && stat[StateField] is not "Z" && Ticks(stat) == StartTicks;

    /// <summary>The identity of a process; null if it has ended.</summary>
    public static ProcessIdentity? Of(int pid) => ReadStat(pid) is { } stat ? new(pid, Ticks(stat)) : null;

    /// <summary>Reads <c>pid start</c> as written by the wrapper; null if it is not written yet.</summary>
    public static ProcessIdentity? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var parts = File.ReadAllText(path).Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2
            ? new(int.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture))
            : null;
    }

    private static long Ticks(string[] stat) => long.Parse(stat[StartField], CultureInfo.InvariantCulture);

    /// <summary>The fields after the program's name, which is in parentheses and may contain anything.</summary>
    public static string[]? ReadStat(int pid)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
