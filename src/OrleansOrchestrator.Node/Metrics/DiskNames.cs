using System.Collections.Concurrent;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Metrics;

/// <summary>The names of the machine's disks, as in <c>/dev/sda1</c>. They do not change while it runs.</summary>
/// <param name="dataDirectory">A folder on the disk of volumes and logs.</param>
/// <param name="imageFolder">The folder of images; null if there is none here.</param>
internal sealed class DiskNames(string dataDirectory, string? imageFolder)
{
    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Lazy<string> _ofData = new(() => DeviceOf(dataDirectory));
    private readonly Lazy<string> _ofImages = new(() => DeviceOf(imageFolder ?? dataDirectory));

    /// <summary>The disk of volumes and logs.</summary>
    public string OfData => _ofData.Value;

    /// <summary>The disk of images and of the containers' own files.</summary>
    public string OfImages => _ofImages.Value;

    /// <summary>The name of a disk; its numbers if it has none.</summary>
    /// <param name="numbers">Its numbers, as in <c>8:0</c>.</param>
    public string Find(string numbers) => _names.GetOrAdd(numbers, static numbers =>
        ProcFile.Lines($"/sys/dev/block/{numbers}/uevent").FirstOrDefault(line => line.StartsWith("DEVNAME=", StringComparison.Ordinal)) is { } found
            ? $"/dev/{found["DEVNAME=".Length..]}"
            : numbers);

    /// <summary>The source of the mount that a folder is in: of the longest path that contains it.</summary>
    private static string DeviceOf(string folder) => ProcFile.Lines("/proc/self/mounts")
        .Select(line => line.Split(' '))
        .Where(words => words.Length > 1 && (words[1] == "/" || folder == words[1] || folder.StartsWith($"{words[1]}/", StringComparison.Ordinal)))
        .MaxBy(words => words[1].Length)?[0] ?? "";
}
