using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Names a process so that a later process with the same number is not taken for it.</summary>
/// <param name="Pid">The process number, which is also the number of its session and group.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot, as <c>/proc/pid/stat</c> says.</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    private const int StateField = 0;
    private const int StartField = 19;

    /// <summary>Identifies the boot of the machine; process numbers of another boot mean nothing.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Whether the process still runs; one that only waits to be reaped does not.</summary>
    public bool IsAlive => ReadStat(Pid) is { } stat && stat[StateField] is not "Z" && Ticks(stat) == StartTicks;

    /// <summary>Reads <c>pid start</c>, as the wrapper wrote it; null if it has not yet.</summary>
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

    /// <summary>The fields after the program's name, which is in parentheses and may hold anything.</summary>
    private static string[]? ReadStat(int pid)
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
