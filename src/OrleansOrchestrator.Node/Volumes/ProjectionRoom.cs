using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>
/// Limits the content from the API in the volumes of a pod: a ConfigMap of 1 MB, mounted in 10,000 places, takes 10 GB of the node's
/// disk.
/// </summary>
internal sealed class ProjectionRoom(long bytesMax)
{
    private long _used;

    /// <exception cref="ConfigurationException">The limit is exceeded.</exception>
    public void Take(long bytes)
    {
        _used += bytes;
        if (_used > bytesMax)
            throw new ConfigurationException($"the volumes of the pod show more than {bytesMax} bytes of ConfigMaps, Secrets and fields");
    }
}

/// <summary>The files of one volume. Each is counted before the next is read.</summary>
internal sealed class ProjectedFiles(ProjectionRoom room)
{
    private readonly List<VolumeFile> _files = [];

    public IReadOnlyList<VolumeFile> All => _files;

    /// <exception cref="ConfigurationException">The limit is exceeded.</exception>
    public void Add(VolumeFile file)
    {
        room.Take(file.Content.Length);
        _files.Add(file);
    }
}
