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
        var taken = memory.GetValueOrDefault("MemTotal") - memory.GetValueOrDefault("MemFree");
        using var faults = KernelFile.Open("/proc/vmstat");
        return new ContainerUsage(busy * NanosecondsPerTick, Math.Max(0, taken - memory.GetValueOrDefault("Inactive(file)")))
        {
            Details = new UsageDetails
            {
                MemoryBytes = taken,
                RssBytes = Find(memory, "AnonPages"),
                CacheBytes = Find(memory, "Cached"),
                MappedFileBytes = Find(memory, "Mapped"),
                SwapBytes = Find(memory, "SwapTotal") - Find(memory, "SwapFree"),
                PageFaults = faults?.Number("pgfault"u8),
                MajorPageFaults = faults?.Number("pgmajfault"u8),
            },
        };
    }

    /// <summary>The bytes of memory that the machine has; 0 if the kernel does not tell.</summary>
    public static long ReadMemoryCapacity() => ReadMemory().GetValueOrDefault("MemTotal");

    /// <summary>The bytes of swap that the machine has; null if the kernel does not tell.</summary>
    public static long? ReadSwapCapacity() => Find(ReadMemory(), "SwapTotal");

    /// <summary>When the machine was started; null if the kernel does not tell.</summary>
    public static DateTimeOffset? ReadBootTime()
    {
        using var stat = KernelFile.Open("/proc/stat");
        return stat?.Number("btime"u8) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }

    /// <summary>The most tasks (processes and threads) that the machine can have; 0 if the kernel does not tell.</summary>
    public static long ReadTasksMax() => new[] { "/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max" }
        .Select(file => KernelFile.NumberIn(file) ?? 0)
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

    private static long? Find(Dictionary<string, long> memory, string name) => memory.TryGetValue(name, out var bytes) ? bytes : null;

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
}
