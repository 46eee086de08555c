using k8s.Models;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>The place of content from the API. That of volumes with secrets, tokens and fields is in memory and never on a disk, as with the
/// kubelet.</summary>
/// <param name="mayMount">Whether containers see what the daemon mounts.</param>
/// <param name="projectedBytesMax">The most content in the volumes of one pod.</param>
internal sealed class VolumeMemory(bool mayMount, long projectedBytesMax)
{
    // Beside the next content there is the last one, and a small file takes a whole page.
    private const int RoomFactor = 4;

    // In the mount, so that the next content is prepared beside it and moved as a whole.
    private const string Content = "content";

    private const UnixFileMode Mode = (UnixFileMode)0b111_101_101; // 0755

    /// <summary>Finds the folder for the content of a volume, and mounts it if it must be in memory.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="path">The folder of the volume.</param>
    /// <returns>The folder on the disk where the daemon may not mount, and where a container already sees that one.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    public string PlaceOf(V1Volume volume, string path)
    {
        if (volume.ConfigMap is not null || new AtomicDirectory(path).HasContent)
            return path;

        // Containers see a mount that is there, whatever the daemon may do now.
        if (Mounts.IsFileSystem(path))
            return Path.Combine(path, Content);
        if (!mayMount)
            return path;
        Directory.CreateDirectory(path, Mode);
        return Mounts.TryMemory(path, RoomFactor * projectedBytesMax, Mode) ? Path.Combine(path, Content) : path;
    }
}
