using System.Globalization;
using System.Runtime.InteropServices;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>The properties of the node's machine.</summary>
internal sealed record MachineInfo
{
    public required int Cores { get; init; }

    public required long MemoryBytes { get; init; }

    public required long DiskBytes { get; init; }

    /// <summary>The number of huge pages by their size in bytes.</summary>
    public IReadOnlyDictionary<long, long> HugePages { get; init; } = new Dictionary<long, long>();

    public required string KernelVersion { get; init; }

    public required string OsImage { get; init; }

    public required string Architecture { get; init; }

    public required string MachineId { get; init; }

    public required string BootId { get; init; }

    public required string SystemUuid { get; init; }

    /// <summary>Reads the properties of the machine; unknown ones are empty or zero.</summary>
    /// <param name="dataDirectory">The folder whose disk counts as the node's ephemeral storage.</param>
    public static MachineInfo Read(string dataDirectory)
    {
        var machineId = FirstLine("/etc/machine-id");
        return new MachineInfo
        {
            Cores = System.Environment.ProcessorCount,
            MemoryBytes = ReadMemory(),
            DiskBytes = new DriveInfo(dataDirectory).TotalSize,
            HugePages = ReadHugePages(),
            KernelVersion = FirstLine("/proc/sys/kernel/osrelease"),
            OsImage = ReadOsImage(),
            Architecture = RuntimeInformation.OSArchitecture switch
            {
                System.Runtime.InteropServices.Architecture.X64 => "amd64",
                System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
                var other => other.ToString().ToLowerInvariant(),
            },
            MachineId = machineId,
            BootId = FirstLine("/proc/sys/kernel/random/boot_id"),
            SystemUuid = FirstLine("/sys/class/dmi/id/product_uuid") is { Length: > 0 } uuid ? uuid : machineId,
        };
    }

    private static long ReadMemory()
    {
        var line = ProcFile.Lines("/proc/meminfo").FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
        var kibibytes = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value * 1024 : 0;
    }

    private static Dictionary<long, long> ReadHugePages()
    {
        const string Folder = "/sys/kernel/mm/hugepages";
        const string Prefix = "hugepages-";
        const string Unit = "kB";
        var pages = new Dictionary<long, long>();
        if (!Directory.Exists(Folder))
            return pages;
        foreach (var path in Directory.EnumerateDirectories(Folder, $"{Prefix}*{Unit}"))
        {
            if (long.TryParse(Path.GetFileName(path.AsSpan())[Prefix.Length..^Unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
                && long.TryParse(FirstLine(Path.Combine(path, "nr_hugepages")), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                pages[kibibytes * 1024] = count;
            }
        }

        return pages;
    }

    private static string ReadOsImage() =>
        ProcFile.Lines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"')
        ?? RuntimeInformation.OSDescription;

    private static string FirstLine(string path) => ProcFile.Lines(path).FirstOrDefault()?.Trim() ?? "";
}
