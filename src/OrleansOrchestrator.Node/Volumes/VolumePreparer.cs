using System.Runtime.ExceptionServices;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Makes the volumes of a pod on the node, and refreshes those with objects of the API.</summary>
/// <param name="content">Reads the content from the API.</param>
/// <param name="claims">Finds the folders of claims.</param>
/// <param name="images">Mounts images; null where containers are made of none.</param>
/// <param name="memoryBytes">The node's memory for pods.</param>
/// <param name="memory">The place of content from the API.</param>
/// <param name="projectedBytesMax">The most content from the API in the volumes of one pod.</param>
internal sealed class VolumePreparer(
    VolumeContent content, ClaimVolumes claims, IImageVolumes? images, long memoryBytes, VolumeMemory memory, long projectedBytesMax)
{
    // Any user of the pod's containers may write to an emptyDir.
    private const UnixFileMode ScratchMode = (UnixFileMode)0b111_111_111; // 0777

    /// <summary>Forgets what is kept of a pod that is gone.</summary>
    public void Forget(string podUid) => content.Forget(podUid);

    /// <summary>Prepares every volume and returns the paths on the node by volume name. A volume that cannot be prepared keeps no other
    /// from being so.</summary>
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
        var faults = new List<string>();
        ExceptionDispatchInfo? absence = null;
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
                faults.Add($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {exception.Message}");
            }
            catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                absence ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        if (faults.Count > 0)
            throw new ConfigurationException(string.Join("; ", faults));
        absence?.Throw();
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
        if (volume.EmptyDir is { } scratch)
        {
            CreateScratch(pod, scratch, path);
            return path;
        }

        if (volume.Image is { } image)
        {
            return images is null
                ? throw new ConfigurationException("this node runs host processes, and shows no images in volumes")
                : await images.MountAsync(pod, volume.Name, image, podDirectory, path, cancellationToken);
        }

        if (!VolumeContent.IsProjected(volume))
            throw new ConfigurationException("the node does not support this kind of volume");
        var place = memory.PlaceOf(volume, path);
        await ProjectAsync(pod, volume, new AtomicDirectory(place), room, cancellationToken);
        return place;
    }

    /// <summary>Writes the present content. What is there already stays while the API is away.</summary>
    private async Task ProjectAsync(V1Pod pod, V1Volume volume, AtomicDirectory directory, ProjectionRoom room, CancellationToken cancellationToken)
    {
        IReadOnlyList<VolumeFile> files;
        try
        {
            files = await content.ReadAsync(pod, volume, room, cancellationToken);
        }
        catch (Exception exception) when (directory.HasContent && ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return;
        }

        directory.Write(files, pod.Spec.SecurityContext?.FsGroup);
    }

    private void CreateScratch(V1Pod pod, V1EmptyDirVolumeSource scratch, string path)
    {
        var group = pod.Spec.SecurityContext?.FsGroup;
        var mode = group is null ? ScratchMode : ScratchMode | UnixFileMode.SetGroup;
        var inMemory = scratch.Medium switch
        {
            null or "" => false,
            "Memory" => true,
            var other => throw new ConfigurationException($"the node has no memory of the medium {other} for volumes"),
        };

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        NewFolder.Make(path, mode, group);
        if (!inMemory || Mounts.IsMounted(path))
            return;
        Mounts.Memory(path, MemoryOf(pod, scratch), mode);
        if (group is { } id)
            FileCalls.SetGroup(path, id);

        // A change of the group takes away the bit that hands it on.
        File.SetUnixFileMode(path, mode);
    }

    /// <summary>The least of the volume's limit, the pod's memory limit and the node's memory, as with the kubelet: a limit of zero is
    /// none, and so is that of a pod with a container without one.</summary>
    private long MemoryOf(V1Pod pod, V1EmptyDirVolumeSource scratch)
    {
        var limits = pod.Spec.Containers.Select(container => Amount.Of(container.Resources?.Limits, "memory") ?? 0).ToList();
        var limit = limits.Contains(0) ? memoryBytes : Math.Min(memoryBytes, Amount.Ceiling(limits.Sum()));
        if (scratch.SizeLimit is { } size && Amount.Ceiling(Amount.Of(size)) is > 0 and var bytes)
            limit = Math.Min(limit, bytes);

        // To the kernel, zero is no limit.
        return Math.Max(limit, 1);
    }
}
