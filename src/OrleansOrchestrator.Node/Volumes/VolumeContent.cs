using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Resolves the files of volumes with ConfigMaps, Secrets and fields of the pod.</summary>
internal sealed class VolumeContent(IConfigurationSource source, ITokenSource tokens, ResourceField resources)
{
    private const int DefaultMode = 0b110_100_100; // 0644
    private const int TokenMode = 0b110_000_000; // 0600

    /// <summary>Whether the volume's content comes from the API.</summary>
    public static bool IsProjected(V1Volume volume) =>
        volume.ConfigMap is not null || volume.Secret is not null || volume.DownwardAPI is not null || volume.Projected is not null;

    /// <summary>Forgets what is kept of a pod that is gone.</summary>
    public void Forget(string podUid) => tokens.Forget(podUid);

    /// <exception cref="ConfigurationException">Something required is missing, or the limit is exceeded.</exception>
    public async Task<IReadOnlyList<VolumeFile>> ReadAsync(V1Pod pod, V1Volume volume, ProjectionRoom room, CancellationToken cancellationToken)
    {
        var ns = pod.Metadata.NamespaceProperty;
        var files = new ProjectedFiles(room);
        if (volume.ConfigMap is { } map)
            await AddConfigMapAsync(files, ns, map.Name, map.Items, map.Optional, map.DefaultMode, cancellationToken);
        if (volume.Secret is { } secret)
            await AddSecretAsync(files, ns, secret.SecretName, secret.Items, secret.Optional, secret.DefaultMode, cancellationToken);
        if (volume.DownwardAPI is { } downward)
            AddFields(files, pod, downward.Items, downward.DefaultMode);
        foreach (var part in volume.Projected?.Sources ?? [])
        {
            var mode = volume.Projected!.DefaultMode;
            if (part.ConfigMap is { } partMap)
                await AddConfigMapAsync(files, ns, partMap.Name, partMap.Items, partMap.Optional, mode, cancellationToken);
            if (part.Secret is { } partSecret)
                await AddSecretAsync(files, ns, partSecret.Name, partSecret.Items, partSecret.Optional, mode, cancellationToken);
            if (part.DownwardAPI is { } partDownward)
                AddFields(files, pod, partDownward.Items, mode);
            if (part.ServiceAccountToken is { } token)
                files.Add(await TokenAsync(pod, token, mode, cancellationToken));
            if (part.ClusterTrustBundle is not null || part.PodCertificate is not null)
                throw new ConfigurationException("the node shows no clusterTrustBundle and no podCertificate in volumes");
        }

        return files.All;
    }

    /// <summary>A token is for nobody but the pod's user or group, if the pod has only one.</summary>
    private async Task<VolumeFile> TokenAsync(V1Pod pod, V1ServiceAccountTokenProjection wanted, int? mode, CancellationToken cancellationToken)
    {
        var owner = UserOf(pod);
        var isPrivate = owner is not null || pod.Spec.SecurityContext?.FsGroup is not null;
        var token = await tokens.GetTokenAsync(pod, wanted, cancellationToken);
        return new VolumeFile(wanted.Path, Encoding.UTF8.GetBytes(token), isPrivate ? TokenMode : mode ?? DefaultMode, owner);
    }

    /// <summary>The user as whom all containers of a pod run; null if they differ or do not say.</summary>
    private static long? UserOf(V1Pod pod)
    {
        var users = pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? [])
            .Select(container => container.SecurityContext?.RunAsUser ?? pod.Spec.SecurityContext?.RunAsUser).Distinct().ToList();
        return users is [{ } user] ? user : null;
    }

    private async Task AddConfigMapAsync(
        ProjectedFiles files, string ns, string name, IList<V1KeyToPath>? items, bool? optional, int? mode, CancellationToken cancellationToken)
    {
        if (await source.GetConfigMapAsync(ns, name, cancellationToken) is not { } found)
        {
            if (optional != true)
                throw new ConfigurationException($"configmap \"{name}\" not found");
            return;
        }

        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in found.Data ?? new Dictionary<string, string>())
            entries[key] = Encoding.UTF8.GetBytes(value);
        foreach (var (key, value) in found.BinaryData ?? new Dictionary<string, byte[]>())
            entries[key] = value;
        AddEntries(files, entries, items, optional, mode, "configmap references non-existent config key: ");
    }

    private async Task AddSecretAsync(
        ProjectedFiles files, string ns, string name, IList<V1KeyToPath>? items, bool? optional, int? mode, CancellationToken cancellationToken)
    {
        if (await source.GetSecretAsync(ns, name, cancellationToken) is { } found)
            AddEntries(files, found.Data ?? new Dictionary<string, byte[]>(), items, optional, mode, "references non-existent secret key: ");
        else if (optional != true)
            throw new ConfigurationException($"secret \"{name}\" not found");
    }

    private static void AddEntries(
        ProjectedFiles files, IDictionary<string, byte[]> entries, IList<V1KeyToPath>? items, bool? optional, int? mode, string missing)
    {
        if (items is not { Count: > 0 })
        {
            foreach (var (key, content) in entries)
                files.Add(new VolumeFile(key, content, mode ?? DefaultMode));
            return;
        }

        foreach (var item in items)
        {
            if (entries.TryGetValue(item.Key, out var content))
                files.Add(new VolumeFile(item.Path, content, item.Mode ?? mode ?? DefaultMode));
            else if (optional != true)
                throw new ConfigurationException(missing + item.Key);
        }
    }

    private void AddFields(ProjectedFiles files, V1Pod pod, IList<V1DownwardAPIVolumeFile>? items, int? mode)
    {
        foreach (var item in items ?? [])
        {
            var value = item.FieldRef is { } field
                ? PodField.Read(pod, field.FieldPath)
                : item.ResourceFieldRef is { } resource
                    ? resources.Read(PodContainer.Named(pod, resource.ContainerName), resource.Resource, resource.Divisor)
                    : "";
            files.Add(new VolumeFile(item.Path, Encoding.UTF8.GetBytes(value), item.Mode ?? mode ?? DefaultMode));
        }
    }
}
