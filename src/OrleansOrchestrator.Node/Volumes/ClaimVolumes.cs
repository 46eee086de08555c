using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>
/// Finds the folders of claims. A claim has to be bound and the pod's before the pod's first container starts; what was found then is
/// kept with the pod's files, so that its containers restart while the API is away and while the claim waits to be deleted.
/// </summary>
internal sealed class ClaimVolumes(IClaimSource source, LocalVolumeFolder folder)
{
    /// <summary>The path of a pod's volume with a claim.</summary>
    /// <exception cref="ConfigurationException">The claim cannot be used, or this node cannot mount its volume.</exception>
    public async Task<string> PrepareAsync(V1Pod pod, V1Volume volume, string name, string podDirectory, CancellationToken cancellationToken)
    {
        var record = LocalVolumeFolder.RecordOf(podDirectory, volume.Name);
        if (File.Exists(record) && await File.ReadAllTextAsync(record, cancellationToken) is { Length: > 0 } known)
            return known;
        var found = await FindAsync(pod, volume, name, cancellationToken);
        var path = PathOf(found);
        folder.BeginUse(record, path);
        Prepare(found, path);
        if (pod.Spec.SecurityContext is { FsGroup: { } group } context && found.Spec.HostPath is null && volume.PersistentVolumeClaim?.ReadOnlyProperty != true)
            await FileWork.Changes.RunAsync(() => VolumeOwnership.Apply(path, group, context.FsGroupChangePolicy, cancellationToken), cancellationToken);
        folder.CompleteUse(record);
        return path;
    }

    private async Task<V1PersistentVolume> FindAsync(V1Pod pod, V1Volume volume, string name, CancellationToken cancellationToken)
    {
        var ns = pod.Metadata.NamespaceProperty;
        var claim = await source.GetClaimAsync(ns, name, cancellationToken)
            ?? throw Refused($"failed to fetch PVC from API server: persistentvolumeclaims \"{name}\" not found");
        if (volume.Ephemeral is not null && ClaimNames.WhyNotOf(pod, claim) is { } why)
            throw Refused(why);
        if (claim.Metadata.DeletionTimestamp is not null)
            throw Refused("PVC is being deleted");
        if (claim.Status?.Phase != ClaimPhase.Bound || !claim.IsBindCompleted || string.IsNullOrEmpty(claim.Spec.VolumeName))
            throw Refused("PVC is not bound");
        var found = await source.GetVolumeAsync(claim.Spec.VolumeName, cancellationToken)
            ?? throw Refused($"failed to fetch PV \"{claim.Spec.VolumeName}\" from API server: persistentvolumes \"{claim.Spec.VolumeName}\" not found");
        if (found.Spec.ClaimRef?.Uid != claim.Metadata.Uid)
            throw Refused($"PV \"{claim.Spec.VolumeName}\" is not bound to the PVC");
        if (found.Spec.VolumeMode == "Block")
            throw new ConfigurationException($"volume {volume.Name} has volumeMode Block, which the node does not support");
        if (found.Topology is { } topology && !topology.Admits(folder.NodeName, await LabelsAsync(cancellationToken)))
            throw new ConfigurationException($"node affinity check failed for volume \"{found.Metadata.Name}\" : no matching NodeSelectorTerms");
        return found;

        ConfigurationException Refused(string text) => new($"error processing PVC {ns}/{name}: {text}");
    }

    /// <summary>The node's present labels: others set some of them.</summary>
    private async Task<IDictionary<string, string>> LabelsAsync(CancellationToken cancellationToken) =>
        (await source.GetNodeAsync(folder.NodeName, cancellationToken))?.Metadata.Labels ?? new Dictionary<string, string>();

    private static string PathOf(V1PersistentVolume volume) => volume.Spec.HostPath?.Path ?? volume.Spec.Local?.Path ?? throw new ConfigurationException(
        $"the node supports persistent volumes of hostPath and local, but not of {PersistentVolumeSources.Of(volume.Spec).Keys.FirstOrDefault() ?? "this kind"}");

    private void Prepare(V1PersistentVolume volume, string path)
    {
        if (volume.Spec.HostPath is { } hostPath)
            HostPathVolume.Prepare(hostPath);
        else if (folder.Holds(volume))
            LocalVolumeFolder.Make(path);
        else if (!Path.Exists(path))
            throw new ConfigurationException($"path \"{path}\" does not exist");
    }
}
