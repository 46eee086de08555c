using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Makes the volumes of a pod on the node, and refreshes those with objects of the API.</summary>
/// <param name="content">Reads the content from the API.</param>
/// <param name="claims">Finds the folders of claims.</param>
/// <param name="projectedBytesMax">The most content from the API in the volumes of one pod, on the node's disk.</param>
internal sealed class VolumePreparer(VolumeContent content, ClaimVolumes claims, long projectedBytesMax)
{
    // Any user of the pod's containers may write to an emptyDir.
    private const UnixFileMode ScratchMode = (UnixFileMode)0b111_111_111; // 0777

    /// <summary>Prepares every volume and returns the paths on the node by volume name.</summary>
    /// <param name="pod">The pod, with its addresses in its status.</param>
    /// <param name="podDirectory">The pod's folder on the node.</param>
    /// <param name="prepared">What was prepared before. Of that, only volumes with objects of the API are refreshed: the others are the
    /// containers'.</param>
    /// <param name="cancellationToken">Cancels the look-ups.</param>
    /// <exception cref="ConfigurationException">
    /// A volume refers to something that does not exist, its kind is not supported, or the limit is exceeded.
    /// </exception>
    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        V1Pod pod, string podDirectory, IReadOnlyDictionary<string, string>? prepared, CancellationToken cancellationToken)
    {
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        var room = new ProjectionRoom(projectedBytesMax);
        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            if (!VolumeContent.IsProjected(volume) && prepared?.TryGetValue(volume.Name, out var path) == true)
            {
                paths[volume.Name] = path;
                continue;
            }

            try
            {
                paths[volume.Name] = await PrepareAsync(pod, volume, podDirectory, room, cancellationToken);
            }
            catch (Exception exception) when (exception is ConfigurationException or IOException or UnauthorizedAccessException)
            {
                throw new ConfigurationException($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {exception.Message}");
            }
        }

        return paths;
    }

    private async Task<string> PrepareAsync(
        V1Pod pod, V1Volume volume, string podDirectory, ProjectionRoom room, CancellationToken cancellationToken)
    {
        if (volume.HostPath is { } hostPath)
            return HostPathVolume.Prepare(hostPath);
        if (ClaimNames.Of(pod, volume) is { } claim)
            return await claims.PrepareAsync(pod, volume, claim, podDirectory, cancellationToken);

        var path = Path.Combine(podDirectory, "volumes", volume.Name);
        if (volume.EmptyDir is not null)
        {
            var group = pod.Spec.SecurityContext?.FsGroup;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            NewFolder.Make(path, group is null ? ScratchMode : ScratchMode | UnixFileMode.SetGroup, group);
            return path;
        }

        if (!VolumeContent.IsProjected(volume))
            throw new ConfigurationException("the node does not support this kind of volume");
        var files = await content.ReadAsync(pod, volume, room, cancellationToken);
        new AtomicDirectory(path).Write(files, pod.Spec.SecurityContext?.FsGroup);
        return path;
    }
}
