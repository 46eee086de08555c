using k8s.Models;
using OrleansOrchestrator.Kinds.Storage;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>The folder of this node that holds its local volumes, each in a folder of its own.</summary>
/// <param name="nodeName">The node's name.</param>
/// <param name="dataDirectory">The daemon's data folder.</param>
internal sealed class LocalVolumeFolder(string nodeName, string dataDirectory)
{
    // Any user of a pod's containers may write to a volume that was made for it.
    private const UnixFileMode VolumeMode = (UnixFileMode)0b111_111_111; // 0777

    /// <summary>The node's name.</summary>
    public string NodeName => nodeName;

    /// <summary>Its path.</summary>
    public string Path { get; } = PathIn(dataDirectory);

    /// <summary>Its path in a daemon's data folder.</summary>
    public static string PathIn(string dataDirectory) => System.IO.Path.Combine(dataDirectory, "local-volumes");

    /// <summary>Whether a volume is one of this node's: the path of any other is none of the daemon's business.</summary>
    public bool Holds(V1PersistentVolume volume) =>
        LocalPathVolumes.NodeOf(volume) == nodeName && volume.Spec?.Local?.Path is { } path && System.IO.Path.GetFullPath(path) == path
        && System.IO.Path.GetDirectoryName(path) == Path;

    /// <summary>Makes the folder of a volume unless it is there.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Make(string path)
    {
        if (Directory.Exists(path))
            return;
        Directory.CreateDirectory(path);
        // The process's umask restricts the mode at creation.
        File.SetUnixFileMode(path, VolumeMode);
    }

    /// <summary>Removes the folder of a volume with all that is in it. Links are removed, and not what they lead to.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    /// <exception cref="UnauthorizedAccessException">A file belongs to somebody else.</exception>
    public static void Remove(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }
}
