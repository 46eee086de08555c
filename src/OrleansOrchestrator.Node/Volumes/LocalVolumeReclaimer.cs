using System.Collections.Concurrent;
using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Events;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>
/// Removes the folders of this node's deleted volumes, and then lets the volumes go. What was deleted while the daemon was away is in
/// the first list that it gets. A folder that cannot be removed keeps its volume, and the volume says why.
/// </summary>
internal sealed partial class LocalVolumeReclaimer : IObjectSink<V1PersistentVolume>, IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(15);

    // All volumes of the node. It is replaced as a whole, so that a round that began before sees no half of a list.
    private volatile ConcurrentDictionary<string, V1PersistentVolume> _volumes = new(StringComparer.Ordinal);
    private readonly ClusterConnection _api;
    private readonly LocalVolumeFolder _folder;
    private readonly EventRecorder _events;
    private readonly SupervisedLoop _loop;
    private readonly ILogger _logger;

    public LocalVolumeReclaimer(ClusterConnection api, LocalVolumeFolder folder, EventRecorder events, TimeProvider time, ILogger logger)
    {
        (_api, _folder, _events, _logger) = (api, folder, events, logger);
        _loop = new SupervisedLoop("local volumes", RemoveAllAsync, time, logger);
    }

    /// <summary>The volumes to watch.</summary>
    public ObjectSelection Wanted => new(Labels: $"{LocalPathVolumes.NodeLabel}={LocalPathVolumes.LabelOf(_folder.NodeName)}");

    /// <summary>Removes what is deleted, until the token ends it.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    public void Replace(IReadOnlyCollection<V1PersistentVolume> objects)
    {
        _volumes = new(objects.Select(volume => KeyValuePair.Create(volume.Metadata.Name, volume)), StringComparer.Ordinal);
        _loop.Signal();
    }

    public void Upsert(V1PersistentVolume obj)
    {
        _volumes[obj.Metadata.Name] = obj;
        _loop.Signal();
    }

    public void Delete(V1PersistentVolume obj) => _volumes.TryRemove(obj.Metadata.Name, out _);

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private bool MustBeRemoved(V1PersistentVolume volume) => LocalPathVolumes.MustBeRemoved(volume) && LocalPathVolumes.NodeOf(volume) == _folder.NodeName;

    private async Task<TimeSpan?> RemoveAllAsync(CancellationToken cancellationToken)
    {
        var volumes = _volumes;
        foreach (var volume in volumes.Values.Where(MustBeRemoved))
        {
            try
            {
                if (!TryRemove(volume, volumes.Values))
                {
                    LogPutOff(volume.Metadata.Name, "a pod that is still on this node uses it");
                    continue;
                }

                await LetGoAsync(volume, cancellationToken);
                volumes.TryRemove(KeyValuePair.Create(volume.Metadata.Name, volume));
                LogRemoved(volume.Metadata.Name, volume.Spec.Local.Path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _events.Record(volume, EventType.Warning, "VolumeFailedDelete", exception.Message);
            }
            catch (ApiException gone) when (gone.IsNotFound)
            {
                volumes.TryRemove(KeyValuePair.Create(volume.Metadata.Name, volume));
            }
            catch (Exception exception) when (Reflector<V1PersistentVolume>.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogPutOff(volume.Metadata.Name, exception.Message);
            }
        }

        return _volumes.Values.Any(MustBeRemoved) ? RetryAfter : null;
    }

    /// <summary>Removes the folder of a volume, if it can be only that volume's.</summary>
    /// <returns>False if a pod may still use it.</returns>
    /// <exception cref="IOException">It is not the volume's alone, or the system refused.</exception>
    private bool TryRemove(V1PersistentVolume volume, IEnumerable<V1PersistentVolume> all)
    {
        var path = volume.Spec.Local.Path;
        if (!_folder.Holds(volume))
            throw new IOException($"path \"{path}\" is not in folder \"{_folder.Path}\" of node \"{_folder.NodeName}\"");
        var other = all.FirstOrDefault(other => !MustBeRemoved(other) && LocalVolumeFolder.IsWithin(other.Spec?.Local?.Path ?? other.Spec?.HostPath?.Path, path));
        return other is null ? _folder.TryRemove(path) : throw new IOException($"path \"{path}\" is also that of volume \"{other.Metadata.Name}\"");
    }

    // At the version that was seen, because the list is replaced as a whole.
    private Task LetGoAsync(V1PersistentVolume volume, CancellationToken cancellationToken) => _api.MergePatchAsync<V1PersistentVolume>(
        ResourcePath.PersistentVolume(volume.Metadata.Name),
        JsonSerializer.SerializeToUtf8Bytes(new
        {
            metadata = new
            {
                resourceVersion = volume.Metadata.ResourceVersion,
                finalizers = volume.Metadata.Finalizers.Where(finalizer => finalizer != LocalPathVolumes.Finalizer).ToArray(),
            },
        }),
        cancellationToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "The volume {Volume} is removed from {Path}")]
    private partial void LogRemoved(string volume, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "The volume {Volume} is removed later: {Reason}")]
    private partial void LogPutOff(string volume, string reason);
}
