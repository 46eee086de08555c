using System.Globalization;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>Reads what the whole machine has used.</summary>
internal static class MachineUsage
{
    // The kernel's unit in /proc/stat: hundredths of a second.
    private const long NanosecondsPerTick = 10_000_000;

    // The columns of busy time: user, nice, system, irq, softirq.
    private static readonly int[] BusyColumns = [1, 2, 3, 6, 7];

    /// <summary>The machine's usage; null if the kernel does not tell.</summary>
    public static ContainerUsage? Read()
    {
        if (ProcFile.Lines("/proc/stat") is not [var total, ..])
            return null;
        var times = total.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var memory = ReadMemory();
        var busy = BusyColumns.Sum(column => Number(times.ElementAtOrDefault(column)));
        var used = memory.GetValueOrDefault("MemTotal") - memory.GetValueOrDefault("MemFree") - memory.GetValueOrDefault("Inactive(file)");
        return new ContainerUsage(busy * NanosecondsPerTick, Math.Max(0, used));
    }

    /// <summary>The bytes of memory that the machine has; 0 if the kernel does not tell.</summary>
    public static long ReadMemoryCapacity() => ReadMemory().GetValueOrDefault("MemTotal");

    /// <summary>The most tasks (processes and threads) that the machine can have; 0 if the kernel does not tell.</summary>
    public static long ReadTasksMax() => new[] { "/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max" }
        .Select(file => Number(ProcFile.Lines(file).FirstOrDefault()))
        .Where(limit => limit > 0)
        .DefaultIfEmpty()
        .Min();

    /// <summary>The number of tasks now; 0 if the kernel does not tell.</summary>
    // As in "0.20 0.18 0.12 1/80 11206": the fourth word has it after the slash.
    public static long ReadTasks() =>
        ProcFile.Lines("/proc/loadavg") is [var line, ..] && line.Split(' ') is [_, _, _, var counts, ..] && counts.Split('/') is [_, var all] ? Number(all) : 0;

    private static Dictionary<string, long> ReadMemory() => ProcFile.Lines("/proc/meminfo")
        .Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(words => words[0], words => Number(words.ElementAtOrDefault(1)) * 1024, StringComparer.Ordinal);

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
}
