using k8s.Models;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>Makes the kubelet's summary of two samples and of what is on disks. Pure but for the limits of the machine.</summary>
/// <param name="node">The node's name.</param>
/// <param name="before">The earlier sample.</param>
/// <param name="now">The later one.</param>
/// <param name="window">The time between them.</param>
/// <param name="disks">What is on disks; null if nobody knows.</param>
internal sealed class SummaryBuilder(string node, UsageSample before, UsageSample now, TimeSpan window, StorageReading? disks)
{
    private const string MainInterface = "eth0";

    public StatsSummary Build() => new(OfNode(), [.. now.Measured.Select(one => OfPod(one.Pod, one.Sandbox))]);

    private NodeStats OfNode()
    {
        var (tasksMax, tasks) = (MachineUsage.ReadTasksMax(), MachineUsage.ReadTasks());
        return new NodeStats(
            node,
            now.Machine is { } last && before.Machine is { } first ? Cpu(last, last.CpuNanoseconds - first.CpuNanoseconds) : null,
            now.Machine is { } machine ? Memory(machine, MachineUsage.ReadMemoryCapacity()) : null)
        {
            StartTime = MachineUsage.ReadBootTime(),
            SystemContainers =
            [
                .. now.SystemParts.Select(part => new ContainerStats(part.Key, CpuSince(before.SystemParts, part.Key, part.Value), Memory(part.Value, null))),
            ],
            Network = Network(now.Network),
            Fs = Whole(disks?.NodeFs),
            Runtime = disks?.ImageFs is { } images ? new RuntimeStats(Whole(images), Whole(images)) : null,
            Rlimit = tasksMax > 0 || tasks > 0 ? new ProcessLimitStats(now.Time, Known(tasksMax), Known(tasks)) : null,
            Swap = now.Machine?.Details?.SwapBytes is { } swap ? new SwapStats(now.Time, MachineUsage.ReadSwapCapacity() - swap, swap) : null,
        };
    }

    private PodStats OfPod(V1Pod pod, PodSandbox sandbox)
    {
        var uid = sandbox.PodUid;
        var reading = now.Readings.GetValueOrDefault(uid);
        var storage = disks?.Pods.GetValueOrDefault(uid);
        return new PodStats(
            new PodReference(pod.Metadata.Name, pod.Metadata.NamespaceProperty, pod.Metadata.Uid),
            [.. sandbox.Running.Select(container => OfContainer(container, storage))])
        {
            StartTime = pod.Status?.StartTime is { } started ? started : null,
            Cpu = reading?.Usage is { } usage && before.Readings.GetValueOrDefault(uid)?.Usage is { } earlier
                ? Cpu(usage, usage.CpuNanoseconds - earlier.CpuNanoseconds)
                : reading?.Usage is { } first && now.Time - sandbox.CreatedAt is var age && age >= UsageMeter.WindowMin ? Cpu(first, first.CpuNanoseconds, age) : null,
            Memory = reading?.Usage is { } used ? Memory(used, null) : null,
            Swap = reading?.Usage?.Details?.SwapBytes is { } swap ? new SwapStats(now.Time, null, swap) : null,
            Network = Network(reading?.Network),
            ProcessStats = reading?.Processes is { } processes ? new ProcessStats(processes) : null,
            Volumes = storage?.Volumes.Select(OfVolume).ToList(),
            EphemeralStorage = storage is null ? null : EphemeralStorage(pod, storage),
        };
    }

    private ContainerStats OfContainer(ContainerInstance container, PodStorage? storage)
    {
        var usage = now.Containers[container.Id];
        var files = storage?.Containers.GetValueOrDefault(container.Id);
        var cpu = CpuSince(before.Containers, container.Id, usage)

            // It has started since then.
            ?? (now.Time - container.StartedAt is { } age && age >= UsageMeter.WindowMin ? Cpu(usage, usage.CpuNanoseconds, age) : null);
        return new ContainerStats(container.Name, cpu, Memory(usage, container.Resources?.MemoryLimitBytes))
        {
            StartTime = container.StartedAt,
            Swap = usage.Details?.SwapBytes is { } swap ? new SwapStats(now.Time, null, swap) : null,
            Rootfs = files?.Root is { } root ? FileSystem(disks!.ImageFs ?? disks.NodeFs, root.Bytes, Known(root.Inodes)) : null,
            Logs = files?.Logs is { } logs ? FileSystem(disks!.NodeFs, logs.Bytes, logs.Inodes) : null,
        };
    }

    private static VolumeStats OfVolume(VolumeReading volume) => new(volume.Time, volume.Name)
    {
        AvailableBytes = volume.FileSystem?.AvailableBytes,
        CapacityBytes = volume.FileSystem?.CapacityBytes,
        UsedBytes = volume.UsedBytes,
        InodesFree = volume.FileSystem is { Inodes: > 0 } fs ? fs.InodesFree : null,
        Inodes = Known(volume.FileSystem?.Inodes ?? 0),
        InodesUsed = volume.InodesUsed,
        PvcRef = volume.Claim,
    };

    private FileSystemStats? EphemeralStorage(V1Pod pod, PodStorage storage)
    {
        var volumes = storage.Volumes.Where(volume => (pod.Spec.Volumes ?? []).Any(one => one.Name == volume.Name && StorageMeter.IsEphemeral(one))).ToList();
        var files = storage.Containers.Values.SelectMany(one => new[] { one.Root, one.Logs }).ToList();
        return FileSystem(
            disks!.NodeFs,
            volumes.Sum(volume => volume.UsedBytes ?? 0) + files.Sum(one => one?.Bytes ?? 0),
            volumes.Sum(volume => volume.InodesUsed ?? 0) + files.Sum(one => one?.Inodes ?? 0));
    }

    private CpuStats? CpuSince(IReadOnlyDictionary<string, ContainerUsage> earlier, string key, in ContainerUsage usage) =>
        earlier.TryGetValue(key, out var first) ? Cpu(usage, usage.CpuNanoseconds - first.CpuNanoseconds) : null;

    private CpuStats Cpu(in ContainerUsage usage, long usedNanoseconds, TimeSpan? over = null) => new(
        now.Time, (long)(over ?? window).TotalNanoseconds, (long)(Math.Max(0, usedNanoseconds) / (over ?? window).TotalSeconds), usage.CpuNanoseconds);

    private MemoryStats Memory(in ContainerUsage usage, long? limitBytes) => new(now.Time, usage.WorkingSetBytes)
    {
        AvailableBytes = limitBytes > 0 ? Math.Max(0, limitBytes.Value - usage.WorkingSetBytes) : null,
        UsageBytes = usage.Details?.MemoryBytes,
        RssBytes = usage.Details?.RssBytes,
        PageFaults = usage.Details?.PageFaults,
        MajorPageFaults = usage.Details?.MajorPageFaults,
    };

    private NetworkStats? Network(IReadOnlyList<InterfaceUsage>? interfaces)
    {
        if (interfaces is null or { Count: 0 })
            return null;
        var main = interfaces.FirstOrDefault(one => one.Name == MainInterface) ?? interfaces[0];
        return new NetworkStats(now.Time, [.. interfaces.Select(one => new InterfaceStats(one.Name, one.RxBytes, one.RxErrors, one.TxBytes, one.TxErrors))])
        {
            Name = main.Name,
            RxBytes = main.RxBytes,
            RxErrors = main.RxErrors,
            TxBytes = main.TxBytes,
            TxErrors = main.TxErrors,
        };
    }

    private FileSystemStats? Whole(FileSystemUsage? fileSystem) =>
        FileSystem(fileSystem, fileSystem?.UsedBytes, fileSystem is { Inodes: > 0 } ? fileSystem.Inodes - fileSystem.InodesFree : null);

    private FileSystemStats? FileSystem(FileSystemUsage? fileSystem, long? usedBytes, long? inodesUsed) => fileSystem is null ? null : new FileSystemStats(disks!.Time)
    {
        AvailableBytes = fileSystem.AvailableBytes,
        CapacityBytes = fileSystem.CapacityBytes,
        UsedBytes = usedBytes,
        InodesFree = fileSystem.Inodes > 0 ? fileSystem.InodesFree : null,
        Inodes = Known(fileSystem.Inodes),
        InodesUsed = inodesUsed,
    };

    // The kernel tells zero of what it does not count.
    private static long? Known(long value) => value > 0 ? value : null;
}
