using k8s.Models;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>Measures what pods use.</summary>
/// <param name="runtime">Measures containers.</param>
/// <param name="directoryOf">The folder of a pod's volumes, by its uid.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PodMeter(IContainerRuntime runtime, Func<string, string> directoryOf, TimeProvider timeProvider)
{
    // An engine answers for one pod after the other anyway.
    private const int MeasuredInParallel = 4;

    /// <summary>Measures the memory and the processes of pods.</summary>
    /// <param name="pods">The pods, with what the runtime has of them.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public async Task<IReadOnlyList<MeasuredPod>> MeasureAsync(IReadOnlyCollection<(V1Pod Pod, PodSandbox Sandbox)> pods, CancellationToken cancellationToken)
    {
        var containers = await runtime.MeasureAsync([.. pods.Select(pod => pod.Sandbox)], cancellationToken);
        var measured = new List<MeasuredPod>();
        foreach (var (pod, sandbox) in pods)
        {
            var isWhole = !MayHideUsage(sandbox, containers) || !MayHideUsage(await runtime.InspectAsync(sandbox.PodUid, cancellationToken), containers);
            measured.Add(new MeasuredPod(pod, isWhole ? UsageOf(sandbox, containers) : null));
        }

        return measured;
    }

    /// <summary>Measures the files of pods too. What takes longer than it may is told as far as it is known.</summary>
    /// <param name="pods">The pods, with what the runtime has of them.</param>
    /// <param name="timeMax">How long that may take.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public async Task<IReadOnlyList<MeasuredPod>> MeasureStorageAsync(
        IReadOnlyCollection<(V1Pod Pod, PodSandbox Sandbox)> pods, TimeSpan timeMax, CancellationToken cancellationToken)
    {
        var measured = (await MeasureAsync(pods, cancellationToken)).ToArray();
        using var late = new CancellationTokenSource(timeMax, timeProvider);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        await Parallel.ForEachAsync(
            pods.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = MeasuredInParallel, CancellationToken = cancellationToken },
            async (one, _) => measured[one.Index] = await WithStorageAsync(measured[one.Index], one.Item.Sandbox, over.Token));
        cancellationToken.ThrowIfCancellationRequested();
        return measured;
    }

    private async Task<MeasuredPod> WithStorageAsync(MeasuredPod measured, PodSandbox sandbox, CancellationToken over)
    {
        if (measured.Usage is not { } usage)
            return measured;
        var volumes = await VolumesOfAsync(measured.Pod, over);
        try
        {
            var storage = await runtime.MeasureStorageAsync([sandbox], over).WaitAsync(over);
            return new MeasuredPod(measured.Pod, usage with { Containers = WithFiles(usage, sandbox, storage), Volumes = volumes }, over.IsCancellationRequested);
        }
        catch (Exception exception) when (exception is RuntimeException or OperationCanceledException)
        {
            return new MeasuredPod(measured.Pod, usage with { Volumes = volumes }, IsPartial: true);
        }
    }

    /// <summary>Whether a running container was not measured, so that its pod would look as if it used little.</summary>
    private static bool MayHideUsage(PodSandbox? sandbox, IReadOnlyDictionary<string, ContainerUsage> containers) =>
        sandbox?.Running.All(container => containers.ContainsKey(container.Id)) == false;

    private PodUsage UsageOf(PodSandbox sandbox, IReadOnlyDictionary<string, ContainerUsage> containers)
    {
        var shares = new Dictionary<string, ContainerShare>(StringComparer.Ordinal);
        foreach (var instance in sandbox.Containers)
            shares[instance.Name] = new ContainerShare(shares.GetValueOrDefault(instance.Name).MemoryBytes + containers.GetValueOrDefault(instance.Id).WorkingSetBytes, default);
        return new PodUsage { Containers = shares, Processes = ProcessesOf(sandbox.PodUid) };
    }

    /// <summary>Ended instances have no memory, but their files are still there.</summary>
    private static Dictionary<string, ContainerShare> WithFiles(PodUsage usage, PodSandbox sandbox, IReadOnlyDictionary<string, ContainerStorage> storage)
    {
        var shares = new Dictionary<string, ContainerShare>(usage.Containers, StringComparer.Ordinal);
        foreach (var instance in sandbox.Containers)
        {
            var (share, files) = (shares.GetValueOrDefault(instance.Name), storage.GetValueOrDefault(instance.Id));
            shares[instance.Name] = share with { Storage = new ContainerStorage(share.Storage.Root + files.Root, share.Storage.Logs + files.Logs) };
        }

        return shares;
    }

    private async Task<Dictionary<string, StorageUsage>> VolumesOfAsync(V1Pod pod, CancellationToken over)
    {
        var volumes = new Dictionary<string, StorageUsage>(StringComparer.Ordinal);
        foreach (var volume in (pod.Spec.Volumes ?? []).Where(volume => volume.EmptyDir is not null || volume.ConfigMap is not null))
        {
            var folder = Path.Combine(directoryOf(pod.Metadata.Uid), "volumes", volume.Name);
            try
            {
                volumes[volume.Name] = await FileWork.Measurements.RunAsync(() => FolderUsage.Of(folder, null, over), over).WaitAsync(over);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                // A disk that hangs holds up nobody. The others are looked at next time.
                break;
            }
        }

        return volumes;
    }

    private long ProcessesOf(string podUid) =>
        runtime.PlaceOf(podUid)?.Cgroup is { } cgroup && ProcFile.Lines(Path.Combine(cgroup, "pids.current")) is [var line, ..] && long.TryParse(line, out var count) ? count : 0;
}
