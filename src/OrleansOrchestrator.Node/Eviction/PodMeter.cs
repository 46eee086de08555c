using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>Measures what pods use.</summary>
/// <param name="runtime">Measures containers.</param>
/// <param name="directoryOf">The folder of a pod's volumes, by its uid.</param>
internal sealed class PodMeter(IContainerRuntime runtime, Func<string, string> directoryOf)
{
    /// <summary>Measures pods.</summary>
    /// <param name="pods">The pods, with what the runtime has of them.</param>
    /// <param name="withStorage">Whether files are measured too, which takes longer.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public async Task<IReadOnlyList<MeasuredPod>> MeasureAsync(
        IReadOnlyCollection<(V1Pod Pod, PodSandbox Sandbox)> pods, bool withStorage, CancellationToken cancellationToken)
    {
        var sandboxes = pods.Select(pod => pod.Sandbox).ToList();
        var containers = await runtime.MeasureAsync(sandboxes, cancellationToken);
        var storage = withStorage ? await runtime.MeasureStorageAsync(sandboxes, cancellationToken) : new Dictionary<string, ContainerStorage>();
        return [.. pods.Select(pod => new MeasuredPod(pod.Pod, UsageOf(pod.Pod, pod.Sandbox, containers, storage, withStorage, cancellationToken)))];
    }

    private PodUsage? UsageOf(
        V1Pod pod,
        PodSandbox sandbox,
        IReadOnlyDictionary<string, ContainerUsage> containers,
        IReadOnlyDictionary<string, ContainerStorage> storage,
        bool withStorage,
        CancellationToken cancellationToken)
    {
        // Without one of its containers a pod would look as if it used little.
        if (!sandbox.Running.All(container => containers.ContainsKey(container.Id)))
            return null;
        var shares = new Dictionary<string, ContainerShare>(StringComparer.Ordinal);
        foreach (var instance in sandbox.Containers)
        {
            // Ended instances have no memory, but their files are still there.
            var share = shares.GetValueOrDefault(instance.Name);
            var files = storage.GetValueOrDefault(instance.Id);
            shares[instance.Name] = new ContainerShare(
                share.MemoryBytes + containers.GetValueOrDefault(instance.Id).WorkingSetBytes,
                new ContainerStorage(share.Storage.Root + files.Root, share.Storage.Logs + files.Logs));
        }

        return new PodUsage
        {
            Containers = shares,
            Volumes = withStorage ? VolumesOf(pod, cancellationToken) : new Dictionary<string, StorageUsage>(),
            Processes = ProcessesOf(sandbox.PodUid),
        };
    }

    private Dictionary<string, StorageUsage> VolumesOf(V1Pod pod, CancellationToken cancellationToken) =>
        (pod.Spec.Volumes ?? []).Where(volume => volume.EmptyDir is not null || volume.ConfigMap is not null).ToDictionary(
            volume => volume.Name,
            volume => FolderUsage.Of(Path.Combine(directoryOf(pod.Metadata.Uid), "volumes", volume.Name), null, cancellationToken),
            StringComparer.Ordinal);

    private long ProcessesOf(string podUid) =>
        runtime.PlaceOf(podUid)?.Cgroup is { } cgroup && ProcFile.Lines(Path.Combine(cgroup, "pids.current")) is [var line, ..] && long.TryParse(line, out var count) ? count : 0;
}
