using k8s.Models;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>The folder of this node that holds its local volumes, each in a folder of its own.</summary>
/// <param name="nodeName">The node's name.</param>
/// <param name="dataDirectory">The daemon's data folder.</param>
internal sealed class LocalVolumeFolder(string nodeName, string dataDirectory)
{
    // Any user of a pod's containers may write to a volume that was made for it.
    private const UnixFileMode VolumeMode = (UnixFileMode)0b111_111_111; // 0777

    private readonly string _pods = System.IO.Path.Combine(dataDirectory, "pods");
    private readonly Lock _lock = new();
    // The volume that is being removed at present.
    private string? _leaving;

    /// <summary>The node's name.</summary>
    public string NodeName => nodeName;

    /// <summary>Its path.</summary>
    public string Path { get; } = PathIn(dataDirectory);

    /// <summary>Its path in a daemon's data folder.</summary>
    public static string PathIn(string dataDirectory) => System.IO.Path.Combine(dataDirectory, "local-volumes");

    /// <summary>Whether a volume is one of this node's: the path of any other is none of the daemon's business.</summary>
    public bool Holds(V1PersistentVolume volume) =>
        LocalPathVolumes.NodeOf(volume) == nodeName && volume.Spec?.Local?.Path is { } path && System.IO.Path.GetFullPath(path) == path
        && System.IO.Path.GetDirectoryName(path) == Path && System.IO.Path.GetFileName(path) != NewFolder.Unfinished;

    /// <summary>Makes the folder of a volume unless it is there.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Make(string path) => NewFolder.Make(path, VolumeMode, group: null);

    /// <summary>Where a pod's files tell which paths its volumes have.</summary>
    public static string RecordsOf(string podDirectory) => System.IO.Path.Combine(podDirectory, "claims");

    /// <summary>Where a pod's files tell which path one of its volumes has.</summary>
    public static string RecordOf(string podDirectory, string volumeName) => System.IO.Path.Combine(RecordsOf(podDirectory), volumeName);

    /// <summary>Whether a path is another one, or below it, also by way of links.</summary>
    public static bool IsWithin(string? path, string other) => !string.IsNullOrEmpty(path)
        && (IsBelow(System.IO.Path.GetFullPath(path), other) || IsBelow(FileCalls.ResolvedPathOf(path), FileCalls.ResolvedPathOf(other)));

    private static bool IsBelow(string path, string other) => (path.TrimEnd('/') + "/").StartsWith(other + "/", StringComparison.Ordinal);

    /// <summary>Notes that a pod is about to use a path. The path then stays until the pod's files are gone, which outlive its containers.</summary>
    /// <exception cref="IOException">The system refused, or the path is just being removed.</exception>
    public void BeginUse(string record, string path)
    {
        lock (_lock)
        {
            if (_leaving is { } leaving && IsWithin(path, leaving))
                throw new IOException($"{leaving} is being removed");
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(record)!);
            File.WriteAllText(record + ".new", path);
        }
    }

    /// <summary>Notes that the path is ready for the pod.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public void CompleteUse(string record)
    {
        lock (_lock)
            File.Move(record + ".new", record, overwrite: true);
    }

    /// <summary>Removes the folder of a volume with all that is in it, and nothing that links lead to.</summary>
    /// <returns>False if a pod may still use it.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder in it is another user's.</exception>
    public async Task<bool> TryRemoveAsync(string path, FolderRemover folders, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (IsUsed(path))
                return false;
            _leaving = path;
        }

        try
        {
            Mounts.UnmountBelow(path);
            await folders.RemoveAsync(path, cancellationToken);
            return true;
        }
        finally
        {
            lock (_lock)
                _leaving = null;
        }
    }

    /// <summary>Whether a pod of this node may use a path, or one below it.</summary>
    public bool IsUsed(string path) => UsedPaths().Exists(used => IsWithin(used, path));

    private List<string> UsedPaths()
    {
        var used = new List<string>();
        foreach (var pod in Directory.Exists(_pods) ? Directory.GetDirectories(_pods) : [])
        {
            try
            {
                foreach (var record in Directory.GetFiles(RecordsOf(pod)))
                    used.Add(File.ReadAllText(record));
            }
            catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException)
            {
                // It has no claims, or is being removed, and then its containers are gone.
            }
        }

        return used;
    }
}
