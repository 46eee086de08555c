using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.GarbageCollection;

/// <summary>Decides which images go. Pure.</summary>
/// <remarks>
/// See https://kubernetes.io/docs/concepts/architecture/garbage-collection/#containers-images. An engine may be somebody else's too, so
/// that only images go that pods of this node have used, and that a registry has.
/// </remarks>
internal static class ImageGarbage
{
    /// <summary>How many bytes of images must go; 0 if there is room enough.</summary>
    public static long ExcessOf(SignalReading disk, NodeAgentOptions options)
    {
        if (disk.Capacity <= 0 || options.ImageGCHighThresholdPercent >= 100)
            return 0;
        var available = Math.Min(disk.Available, disk.Capacity);
        var usedPercent = 100 - (int)((decimal)available * 100 / disk.Capacity);
        return usedPercent < options.ImageGCHighThresholdPercent
            ? 0
            : Math.Max(0, (long)((decimal)disk.Capacity * (100 - options.ImageGCLowThresholdPercent) / 100) - available);
    }

    /// <summary>The images that may go, the one that was unused for longest first.</summary>
    /// <param name="images">The images of the node.</param>
    /// <param name="unusedFor">How long they must be unused.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<NodeImage> FindUnused(IEnumerable<NodeImage> images, TimeSpan unusedFor, DateTimeOffset now) =>
    [
        .. images.Where(image => image is { IsInUse: false, IsPinned: false, LastUsed: { } at } && now - at >= unusedFor)
            .OrderBy(image => image.LastUsed)
            .ThenBy(image => image.Id, StringComparer.Ordinal),
    ];
}
