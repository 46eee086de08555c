using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Thresholds;
using k8s.Models;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>Decides which pod goes when the node is short of something. Pure.</summary>
/// <remarks>
/// See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#pod-selection-for-kubelet-eviction: first those
/// that use more than they requested, then those of lower priority, then those that exceed their request by more.
/// </remarks>
internal static class EvictionRanking
{
    /// <summary>The pods that may go, in the order in which they go.</summary>
    /// <param name="pods">The pods that run.</param>
    /// <param name="signal">What the node is short of.</param>
    /// <param name="hasImageFs">Whether the containers' own files are on another disk than volumes and logs.</param>
    public static IReadOnlyList<MeasuredPod> Rank(IEnumerable<MeasuredPod> pods, EvictionSignal signal, bool hasImageFs) =>
    [
        .. pods.Where(pod => !CriticalPods.IsCritical(pod.Pod))
            .Select(pod => (Pod: pod, Excess: ExcessOf(pod, signal, hasImageFs)))
            // What cannot be measured may use anything.
            .OrderBy(one => one.Excess is not null)
            // The number of processes has no request.
            .ThenByDescending(one => one.Excess > 0 && signal != EvictionSignal.PidAvailable)
            .ThenBy(one => one.Pod.Pod.Priority)
            .ThenByDescending(one => one.Excess)
            // Of equals the youngest one has the least to lose.
            .ThenByDescending(one => one.Pod.Pod.Metadata.CreationTimestamp)
            .ThenBy(one => one.Pod.Pod.Metadata.Uid, StringComparer.Ordinal)
            .Select(one => one.Pod),
    ];

    /// <summary>Why a pod goes, in the kubelet's words.</summary>
    public static PodFailure FailureOf(MeasuredPod pod, EvictionThreshold threshold, SignalReading reading)
    {
        var signal = threshold.Signal;
        var message = $"The node was low on resource: {signal.Resource}. "
            + $"Threshold quantity: {Text(threshold.Amount.Of(reading.Capacity), signal)}, available: {Text(reading.Available, signal)}. ";
        foreach (var container in pod.Pod.Spec.Containers)
        {
            if (pod.Usage?.Containers.TryGetValue(container.Name, out var share) is true && UsedOf(share, signal) is { } used
                && RequestOf(container, signal) is var request && Quantity.FromValue(used) > request)
            {
                message += $"Container {container.Name} was using {Text(used, signal)}, request is {request}, has larger consumption of {signal.Resource}. ";
            }
        }

        return PodFailures.Evicted(message, isDisrupted: true);
    }

    /// <summary>By how much a pod uses more than it requested; null if that is not known.</summary>
    private static long? ExcessOf(MeasuredPod pod, EvictionSignal signal, bool hasImageFs)
    {
        if (pod.Usage is not { } usage || pod.IsPartial)
            return null;
        var requests = PodRequests.Compute(pod.Pod);
        var storage = LocalStorage.Of(pod.Pod, usage, withRoots: !hasImageFs || signal.IsOfImages, withRest: !hasImageFs || !signal.IsOfImages);
        return signal.Resource switch
        {
            "memory" => usage.MemoryBytes - requests.MemoryBytes,
            "ephemeral-storage" => storage.Bytes - requests.StorageBytes,
            "inodes" => storage.Inodes,
            _ => usage.Processes,
        };
    }

    private static long? UsedOf(in ContainerShare share, EvictionSignal signal) => signal.Resource switch
    {
        "memory" => share.MemoryBytes,
        "ephemeral-storage" => share.Storage.Root.Bytes + share.Storage.Logs.Bytes,
        _ => null,
    };

    private static Quantity RequestOf(V1Container container, EvictionSignal signal) =>
        container.Resources?.Requests is { } requests && requests.TryGetValue(signal.Resource, out var request) ? Quantity.From(request) : Quantity.Zero;

    private static string Text(long amount, EvictionSignal signal) =>
        Quantity.FromValue(amount, signal.IsInBytes ? QuantityFormat.BinarySI : QuantityFormat.DecimalSI).ToString();
}
