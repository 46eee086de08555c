using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>Why a pod must go that has too much on disks.</summary>
/// <param name="Signal">The kind of its limit, as metrics name it.</param>
/// <param name="Message">The message, in the kubelet's words.</param>
internal sealed record StorageExcess(string Signal, string Message);

/// <summary>Whether pods have more on the node's disks than they may. Pure.</summary>
/// <remarks>See localStorageEviction in k8s.io/kubernetes/pkg/kubelet/eviction, whose order and messages it has.</remarks>
internal static class StorageLimits
{
    /// <summary>Whether a pod has a limit, so that it must be measured.</summary>
    public static bool HasAny(V1Pod pod) =>
        (pod.Spec.Volumes ?? []).Any(volume => SizeLimitOf(volume) is { Sign: > 0 }) || AllContainers(pod.Spec).Any(container => LimitOf(container) is not null);

    /// <summary>Why a pod must go; null if it may stay.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="usage">What it uses.</param>
    /// <param name="hasImageFs">Whether the containers' own files are on another disk, where they do not count.</param>
    public static StorageExcess? FindExcess(V1Pod pod, PodUsage usage, bool hasImageFs) =>
        ExcessOfVolume(pod, usage) is { } ofVolume ? new StorageExcess("emptydirfs.limit", ofVolume)
        : ExcessOfPod(pod, usage, hasImageFs) is { } ofPod ? new StorageExcess("ephemeralpodfs.limit", ofPod)
        : ExcessOfContainer(pod, usage, hasImageFs) is { } ofContainer ? new StorageExcess("ephemeralcontainerfs.limit", ofContainer)
        : null;

    private static string? ExcessOfVolume(V1Pod pod, PodUsage usage)
    {
        var volume = (pod.Spec.Volumes ?? []).FirstOrDefault(volume =>
            SizeLimitOf(volume) is { Sign: > 0 } limit && Bytes(usage.Volumes.GetValueOrDefault(volume.Name).Bytes) > limit);
        return volume is null ? null : $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{SizeLimitOf(volume)}\". ";
    }

    private static string? ExcessOfPod(V1Pod pod, PodUsage usage, bool hasImageFs) =>
        LimitOf(pod.Spec) is { } limit && Bytes(LocalStorage.Of(pod, usage, withRoots: !hasImageFs, withRest: true).Bytes) > limit
            ? $"Pod ephemeral local storage usage exceeds the total limit of containers {limit}. "
            : null;

    private static string? ExcessOfContainer(V1Pod pod, PodUsage usage, bool hasImageFs)
    {
        foreach (var container in pod.Spec.Containers)
        {
            if (LimitOf(container) is { IsZero: false } limit && usage.Containers.TryGetValue(container.Name, out var share)
                && Bytes(share.Storage.Logs.Bytes + (hasImageFs ? 0 : share.Storage.Root.Bytes)) > limit)
            {
                return $"Container {container.Name} exceeded its local ephemeral storage limit \"{limit}\". ";
            }
        }

        return null;
    }

    /// <summary>The limit of the pod: those of its containers and sidecars together, or the highest step of the init sequence.</summary>
    private static Quantity? LimitOf(V1PodSpec spec)
    {
        if (AllContainers(spec).All(container => LimitOf(container) is null))
            return null;
        var (sidecars, highest) = (Quantity.Zero, Quantity.Zero);
        foreach (var container in spec.InitContainers ?? [])
        {
            var own = LimitOf(container) ?? Quantity.Zero;
            if (container.IsSidecar)
                sidecars += own;
            highest = Quantity.Max(highest, container.IsSidecar ? sidecars : sidecars + own);
        }

        return Quantity.Max(highest, spec.Containers.Aggregate(sidecars, (sum, container) => sum + (LimitOf(container) ?? Quantity.Zero)));
    }

    private static IEnumerable<V1Container> AllContainers(V1PodSpec spec) => spec.Containers.Concat(spec.InitContainers ?? []);

    private static Quantity? LimitOf(V1Container container) =>
        container.Resources?.Limits is { } limits && limits.TryGetValue(ResourceNames.EphemeralStorage, out var limit) ? Quantity.From(limit) : null;

    private static Quantity? SizeLimitOf(V1Volume volume) => volume.EmptyDir?.SizeLimit is { } limit ? Quantity.From(limit) : null;

    private static Quantity Bytes(long bytes) => Quantity.FromValue(bytes, QuantityFormat.BinarySI);
}
