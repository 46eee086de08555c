using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Reads what the processes of a cgroup have used, from the kernel's files.</summary>
internal static class CgroupUsage
{
    private const string Mount = "/sys/fs/cgroup";

    private static readonly bool IsUnified = File.Exists(Path.Combine(Mount, "cgroup.controllers"));

    /// <summary>The usage of a cgroup; null if it is gone, or if the kernel does not account for it.</summary>
    /// <param name="relativePath">The path of the cgroup below the mount of its hierarchy.</param>
    public static ContainerUsage? Read(string relativePath) => IsUnified
        ? ReadUnified(Path.Combine(Mount, relativePath))
        : ReadSeparate(Path.Combine(Mount, "cpuacct", relativePath), Path.Combine(Mount, "memory", relativePath));

    private static ContainerUsage? ReadUnified(string path) =>
        ValueOf(path, "cpu.stat", "usage_usec ") is { } cpu && NumberIn(path, "memory.current") is { } memory
            ? new ContainerUsage(cpu * 1000, WorkingSet(memory, ValueOf(path, "memory.stat", "inactive_file ")))
            : null;

    private static ContainerUsage? ReadSeparate(string cpuPath, string memoryPath) =>
        NumberIn(cpuPath, "cpuacct.usage") is { } cpu && NumberIn(memoryPath, "memory.usage_in_bytes") is { } memory
            ? new ContainerUsage(cpu, WorkingSet(memory, ValueOf(memoryPath, "memory.stat", "total_inactive_file ")))
            : null;

    // As the kubelet: files that nobody used lately are the first that the kernel takes back.
    private static long WorkingSet(long bytes, long? inactiveFileBytes) => Math.Max(0, bytes - (inactiveFileBytes ?? 0));

    private static long? NumberIn(string path, string file) => ProcFile.Lines(Path.Combine(path, file)) is [var line, ..] ? Parse(line) : null;

    private static long? ValueOf(string path, string file, string name) =>
        Array.Find(ProcFile.Lines(Path.Combine(path, file)), line => line.StartsWith(name, StringComparison.Ordinal)) is { } found ? Parse(found.AsSpan(name.Length)) : null;

    private static long? Parse(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) ? value : null;
}
