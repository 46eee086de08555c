using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Reads what the processes of a cgroup have used, from the kernel's files.</summary>
internal static class CgroupUsage
{
    private const string Mount = "/sys/fs/cgroup";

    // The kernel's unit of processor time for users is a hundredth of a second.
    private const long NanosecondsPerTick = 10_000_000;

    // More than any machine has stands for no limit.
    private const long Unlimited = 1L << 60;

    private static readonly bool IsUnified = File.Exists(Path.Combine(Mount, "cgroup.controllers"));

    /// <summary>The usage of a cgroup; null if it is gone, or if the kernel does not account for it.</summary>
    /// <param name="relativePath">The path of the cgroup below the mount of its hierarchy.</param>
    public static ContainerUsage? Read(string relativePath) => IsUnified ? ReadUnified(Path.Combine(Mount, relativePath)) : ReadSeparate(relativePath);

    /// <summary>The path of a cgroup below the mount of its hierarchy.</summary>
    /// <param name="path">Its path in any hierarchy.</param>
    public static string RelativePathOf(string path)
    {
        var relative = Path.GetRelativePath(Mount, path);
        return IsUnified ? relative : relative[(relative.IndexOf('/', StringComparison.Ordinal) + 1)..];
    }

    private static ContainerUsage? ReadUnified(string path)
    {
        using var cpu = KernelFile.Open(Path.Combine(path, "cpu.stat"));
        using var stat = KernelFile.Open(Path.Combine(path, "memory.stat"));
        if (cpu?.Number("usage_usec"u8) is not { } used || KernelFile.NumberIn(Path.Combine(path, "memory.current")) is not { } memory)
            return null;
        using var events = KernelFile.Open(Path.Combine(path, "memory.events"));
        return new ContainerUsage(used * 1000, WorkingSet(memory, stat?.Number("inactive_file"u8)))
        {
            Details = new UsageDetails
            {
                CpuUserNanoseconds = cpu.Number("user_usec"u8) * 1000,
                CpuSystemNanoseconds = cpu.Number("system_usec"u8) * 1000,
                Periods = cpu.Number("nr_periods"u8),
                ThrottledPeriods = cpu.Number("nr_throttled"u8),
                ThrottledNanoseconds = cpu.Number("throttled_usec"u8) * 1000,
                MemoryBytes = memory,
                MemoryPeakBytes = KernelFile.NumberIn(Path.Combine(path, "memory.peak")),
                RssBytes = stat?.Number("anon"u8),
                CacheBytes = stat?.Number("file"u8),
                MappedFileBytes = stat?.Number("file_mapped"u8),
                SwapBytes = KernelFile.NumberIn(Path.Combine(path, "memory.swap.current")),
                PageFaults = stat?.Number("pgfault"u8),
                MajorPageFaults = stat?.Number("pgmajfault"u8),
                MemoryFailures = events?.Number("max"u8),
                OomKills = events?.Number("oom_kill"u8),
                Threads = KernelFile.NumberIn(Path.Combine(path, "pids.current")),
                ThreadsMax = KernelFile.NumberIn(Path.Combine(path, "pids.max")),
                Disks = UnifiedDisks(Path.Combine(path, "io.stat")),
            },
        };
    }

    private static ContainerUsage? ReadSeparate(string relative)
    {
        string In(string controller, string file) => Path.Combine(Mount, controller, relative, file);
        if (KernelFile.NumberIn(In("cpuacct", "cpuacct.usage")) is not { } used || KernelFile.NumberIn(In("memory", "memory.usage_in_bytes")) is not { } memory)
            return null;
        using var stat = KernelFile.Open(In("memory", "memory.stat"));
        using var times = KernelFile.Open(In("cpuacct", "cpuacct.stat"));
        using var throttling = KernelFile.Open(In("cpu", "cpu.stat"));
        using var oom = KernelFile.Open(In("memory", "memory.oom_control"));
        return new ContainerUsage(used, WorkingSet(memory, stat?.Number("total_inactive_file"u8)))
        {
            Details = new UsageDetails
            {
                CpuUserNanoseconds = times?.Number("user"u8) * NanosecondsPerTick,
                CpuSystemNanoseconds = times?.Number("system"u8) * NanosecondsPerTick,
                Periods = throttling?.Number("nr_periods"u8),
                ThrottledPeriods = throttling?.Number("nr_throttled"u8),
                ThrottledNanoseconds = throttling?.Number("throttled_time"u8),
                MemoryBytes = memory,
                MemoryPeakBytes = KernelFile.NumberIn(In("memory", "memory.max_usage_in_bytes")),
                RssBytes = stat?.Number("total_rss"u8),
                CacheBytes = stat?.Number("total_cache"u8),
                MappedFileBytes = stat?.Number("total_mapped_file"u8),
                SwapBytes = stat?.Number("total_swap"u8),
                PageFaults = stat?.Number("total_pgfault"u8),
                MajorPageFaults = stat?.Number("total_pgmajfault"u8),
                MemoryFailures = KernelFile.NumberIn(In("memory", "memory.failcnt")),
                OomKills = oom?.Number("oom_kill"u8),
                Threads = KernelFile.NumberIn(In("pids", "pids.current")),
                ThreadsMax = KernelFile.NumberIn(In("pids", "pids.max")),
                Disks = SeparateDisks(In("blkio", "blkio.throttle.io_service_bytes_recursive"), In("blkio", "blkio.throttle.io_serviced_recursive")),
            },
        };
    }

    // As the kubelet: files that nobody used lately are the first that the kernel takes back.
    private static long WorkingSet(long bytes, long? inactiveFileBytes) => Math.Max(0, bytes - (inactiveFileBytes ?? 0));

    // As in "8:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0".
    private static List<DiskTraffic> UnifiedDisks(string path)
    {
        using var file = KernelFile.Open(path);
        var disks = new List<DiskTraffic>();
        foreach (var words in file?.Lines() ?? [])
        {
            var values = words.Skip(1).Select(word => word.Split('=')).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => Parse(pair[1]), StringComparer.Ordinal);
            if (values.GetValueOrDefault("rbytes") is { } read && values.GetValueOrDefault("wbytes") is { } written)
                disks.Add(new DiskTraffic(words[0], read, written, values.GetValueOrDefault("rios"), values.GetValueOrDefault("wios")));
        }

        return disks;
    }

    // A line for each operation, as in "8:0 Read 1459200".
    private static List<DiskTraffic> SeparateDisks(string bytesFile, string countsFile)
    {
        var (bytes, counts) = (ByDisk(bytesFile), ByDisk(countsFile));
        return
        [
            .. bytes.Keys.Where(key => key.Operation == "Read" && bytes.ContainsKey((key.Device, "Write"))).Select(key => new DiskTraffic(
                key.Device, bytes[key], bytes[(key.Device, "Write")], Find(counts, (key.Device, "Read")), Find(counts, (key.Device, "Write")))),
        ];
    }

    private static Dictionary<(string Device, string Operation), long> ByDisk(string path)
    {
        using var file = KernelFile.Open(path);
        var values = new Dictionary<(string, string), long>();
        foreach (var words in file?.Lines() ?? [])
        {
            if (words is [var device, var operation, var number] && Parse(number) is { } value)
                values[(device, operation)] = value;
        }

        return values;
    }

    private static long? Find(Dictionary<(string Device, string Operation), long> values, (string Device, string Operation) key) => values.TryGetValue(key, out var value) ? value : null;

    private static long? Parse(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < Unlimited ? value : null;
}
