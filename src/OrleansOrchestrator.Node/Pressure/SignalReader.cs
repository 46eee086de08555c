using OrleansOrchestrator.Node.Thresholds;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Pressure;

/// <summary>Reads how much is left of everything on this machine: a few files and calls of the kernel.</summary>
/// <param name="dataDirectory">A folder on the disk of volumes and logs.</param>
/// <param name="imageDirectory">The folder of images; null if there are none here.</param>
internal sealed class SignalReader(string dataDirectory, string? imageDirectory)
{
    public NodeReadings Read()
    {
        var signals = new Dictionary<EvictionSignal, SignalReading>();
        if (MachineUsage.Read() is { } used && MachineUsage.ReadMemoryCapacity() is > 0 and var memory)
            signals[EvictionSignal.MemoryAvailable] = new SignalReading(Math.Max(0, memory - used.WorkingSetBytes), memory);
        if (MachineUsage.ReadTasks() is > 0 and var tasks && MachineUsage.ReadTasksMax() is > 0 and var tasksMax)
            signals[EvictionSignal.PidAvailable] = new SignalReading(Math.Max(0, tasksMax - tasks), tasksMax);
        var node = FileSystemUsage.Of(dataDirectory);
        var image = imageDirectory is null ? null : FileSystemUsage.Of(imageDirectory);
        Add(node, EvictionSignal.NodeFsAvailable, EvictionSignal.NodeFsInodesFree);
        Add(image, EvictionSignal.ImageFsAvailable, EvictionSignal.ImageFsInodesFree);
        return new NodeReadings { Signals = signals, HasImageFs = image is not null && image.Id != node?.Id };

        void Add(FileSystemUsage? disk, EvictionSignal bytes, EvictionSignal inodes)
        {
            if (disk is null)
                return;
            signals[bytes] = new SignalReading(disk.AvailableBytes, disk.CapacityBytes);

            // Some file systems have no fixed number of inodes.
            if (disk.Inodes > 0)
                signals[inodes] = new SignalReading(disk.InodesFree, disk.Inodes);
        }
    }
}
