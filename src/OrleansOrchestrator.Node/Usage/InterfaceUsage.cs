using System.Globalization;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>What a network interface has carried since it was made.</summary>
internal sealed record InterfaceUsage(
    string Name, long RxBytes, long RxPackets, long RxErrors, long RxDropped, long TxBytes, long TxPackets, long TxErrors, long TxDropped)
{
    private const int Columns = 16;

    // What is no link to elsewhere, as in cAdvisor.
    private static readonly string[] Ignored = ["lo", "veth", "docker"];

    /// <summary>The interfaces that a process sees, without those that lead nowhere; null if it has ended.</summary>
    public static IReadOnlyList<InterfaceUsage>? Of(int process) => Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/net/dev"));

    /// <summary>The interfaces of the machine.</summary>
    public static IReadOnlyList<InterfaceUsage>? OfMachine() => Read("/proc/1/net/dev") ?? Read("/proc/net/dev");

    private static List<InterfaceUsage>? Read(string path)
    {
        using var file = KernelFile.Open(path);
        return file is null ? null : Parse(System.Text.Encoding.UTF8.GetString(file.Text));
    }

    /// <summary>Reads the kernel's table: eight columns of what came, and eight of what went.</summary>
    internal static List<InterfaceUsage> Parse(string table)
    {
        var found = new List<InterfaceUsage>();
        foreach (var line in table.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? "" : line[..colon].Trim();
            if (name.Length == 0 || Array.Exists(Ignored, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                continue;
            var values = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0).ToArray();
            if (values.Length >= Columns)
                found.Add(new InterfaceUsage(name, values[0], values[1], values[2], values[3], values[8], values[9], values[10], values[11]));
        }

        return found;
    }
}
