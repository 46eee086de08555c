using System.Collections.Immutable;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>
/// Measures what is on disks, in the background: a walk through volumes may take long, and a broken disk or engine for ever. Whoever asks
/// gets what was found last, and starts the next measurement if that is old; the first waits a moment. There is one measurement at a time, so
/// that one thread at most hangs with a disk. While nobody asks, nothing is measured.
/// </summary>
/// <param name="pods">The pods, with what the runtime has of them.</param>
/// <param name="volumesOf">The paths of a pod's volumes by name, by the pod's uid; null if they are not known.</param>
/// <param name="runtime">Measures containers.</param>
/// <param name="dataDirectory">A folder on the disk of volumes and logs.</param>
/// <param name="period">The shortest time between two measurements.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where failures are logged.</param>
internal sealed partial class StorageMeter(
    Func<IEnumerable<(V1Pod Pod, PodSandbox Sandbox)>> pods,
    Func<string, IReadOnlyDictionary<string, string>?> volumesOf,
    IContainerRuntime runtime,
    string dataDirectory,
    TimeSpan period,
    TimeProvider time,
    ILogger<StorageMeter> logger) : IDisposable
{
    // Enough for healthy disks; whoever asks does not wait for others.
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(2);

    // A measurement takes at most this part of the time.
    private const int RestFactor = 20;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private volatile StorageReading? _last;
    private Task _measurement = Task.CompletedTask;
    private long? _restsSince;
    private TimeSpan _rest;

    /// <summary>Whether a volume is on the node's disk, and goes with its pod.</summary>
    public static bool IsEphemeral(V1Volume volume) =>
        volume.EmptyDir is { Medium: null or "" } || volume.ConfigMap is not null || volume.Secret is not null || volume.DownwardAPI is not null || volume.Projected is not null;

    /// <summary>What was found last; null if nothing was found yet.</summary>
    public async Task<StorageReading?> LookAsync(CancellationToken cancellationToken)
    {
        Task measurement;
        lock (_gate)
        {
            if (_measurement.IsCompleted && (_restsSince is not { } since || time.GetElapsedTime(since) >= _rest))
                _measurement = Task.Run(MeasureAsync, _stop.Token);
            measurement = _measurement;
        }

        if (_last is null)
            await measurement.CompletesWithinAsync(FirstWithin, time, cancellationToken);
        return _last;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task MeasureAsync()
    {
        var began = time.GetTimestamp();
        try
        {
            var running = pods().ToList();
            var images = runtime.ImageFolder is { } folder ? FileSystemUsage.Of(folder) : null;
            var known = (_last?.Pods ?? ImmutableDictionary<string, PodStorage>.Empty).Where(one => running.Exists(pod => pod.Sandbox.PodUid == one.Key)).ToImmutableDictionary(StringComparer.Ordinal);
            _last = new StorageReading(time.GetUtcNow(), FileSystemUsage.Of(dataDirectory), images, known);
            foreach (var (pod, sandbox) in running)
            {
                // What is found is told at once: the next pod may be on a disk that hangs.
                known = known.SetItem(sandbox.PodUid, await MeasureAsync(pod, sandbox, _stop.Token));
                _last = _last with { Pods = known };
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or RuntimeException or OperationCanceledException)
        {
            LogFailed(exception.Message);
        }
        finally
        {
            lock (_gate)
                (_restsSince, _rest) = (time.GetTimestamp(), TimeSpan.FromTicks(Math.Max(period.Ticks, time.GetElapsedTime(began).Ticks * RestFactor)));
        }
    }

    private async Task<PodStorage> MeasureAsync(V1Pod pod, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        var files = await runtime.MeasureStorageAsync([sandbox], cancellationToken);
        var paths = volumesOf(sandbox.PodUid);
        return new PodStorage(
            files.ToDictionary(one => one.Key, one => new ContainerFiles(runtime.HasImages ? one.Value.Root : null, one.Value.Logs.Inodes > 0 ? one.Value.Logs : null), StringComparer.Ordinal),
            [.. (pod.Spec.Volumes ?? []).Select(volume => Measure(pod, volume, paths?.GetValueOrDefault(volume.Name), cancellationToken)).OfType<VolumeReading>()]);
    }

    /// <summary>Measures a volume; null for one that cannot be measured, as in the kubelet.</summary>
    private VolumeReading? Measure(V1Pod pod, V1Volume volume, string? path, CancellationToken cancellationToken)
    {
        var claim = volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? null : $"{pod.Metadata.Name}-{volume.Name}");
        if (path is null || !Directory.Exists(path) || FileSystemUsage.Of(path) is not { } fileSystem)
            return null;
        if (claim is not null || volume.EmptyDir is { Medium: "Memory" })
        {
            return new VolumeReading(
                time.GetUtcNow(), volume.Name, fileSystem.UsedBytes, fileSystem.Inodes > 0 ? fileSystem.Inodes - fileSystem.InodesFree : null, fileSystem,
                claim is null ? null : new ClaimReference(claim, pod.Metadata.NamespaceProperty));
        }

        if (!IsEphemeral(volume))
            return null;
        var used = FolderUsage.Of(path, null, cancellationToken);
        return new VolumeReading(time.GetUtcNow(), volume.Name, used.Bytes, used.Inodes, fileSystem, null);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "What is on disks could not be measured: {Reason}")]
    private partial void LogFailed(string reason);
}
