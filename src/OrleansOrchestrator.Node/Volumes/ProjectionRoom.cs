using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>
/// Counts what the volumes of a pod show of the API: a ConfigMap of 1 MB, shown in 10,000 places, is 10 GB of the node's disk.
/// </summary>
internal sealed class ProjectionRoom(long bytesMax)
{
    private long _used;

    /// <exception cref="ConfigurationException">It is too much.</exception>
    public void Take(long bytes)
    {
        _used += bytes;
        if (_used > bytesMax)
            throw new ConfigurationException($"the volumes of the pod show more than {bytesMax} bytes of ConfigMaps, Secrets and fields");
    }
}

/// <summary>The files of one volume, each counted before the next is read.</summary>
internal sealed class ProjectedFiles(ProjectionRoom room)
{
    private readonly List<VolumeFile> _files = [];

    public IReadOnlyList<VolumeFile> All => _files;

    /// <exception cref="ConfigurationException">It is too much.</exception>
    public void Add(VolumeFile file)
    {
        room.Take(file.Content.Length);
        _files.Add(file);
    }
}
