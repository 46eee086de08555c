using System.Collections.Concurrent;
using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Runtime;

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
    private readonly FolderRemover _folders;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly SupervisedLoop _loop;
    private readonly ILogger _logger;

    public LocalVolumeReclaimer(ClusterConnection api, LocalVolumeFolder folder, FolderRemover folders, EventRecorder events, TimeProvider time, ILogger logger)
    {
        (_api, _folder, _folders, _events, _time, _logger) = (api, folder, folders, events, time, logger);
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
                RequireOwn(volume);
                RequireAlone(volume, PathsOf(volumes.Values.Where(other => !MustBeRemoved(other))));
                if (await TryRemoveAsync(volume, volumes, cancellationToken))
                    LogRemoved(volume.Metadata.Name, volume.Spec.Local.Path);
                else
                    LogPutOff(volume.Metadata.Name, "a pod that is still on this node uses it");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _events.Record(volume, EventType.Warning, "VolumeFailedDelete", exception.Message);
            }
            catch (ApiException gone) when (gone.IsNotFound)
            {
                volumes.TryRemove(KeyValuePair.Create(volume.Metadata.Name, volume));
            }
            catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogPutOff(volume.Metadata.Name, exception.Message);
            }
        }

        return _volumes.Values.Any(MustBeRemoved) ? RetryAfter : null;
    }

    /// <summary>Removes the folder of a volume if nobody has changed the volume, and lets the volume go.</summary>
    /// <returns>False if a pod may still use it.</returns>
    private async Task<bool> TryRemoveAsync(V1PersistentVolume volume, ConcurrentDictionary<string, V1PersistentVolume> volumes, CancellationToken cancellationToken)
    {
        var path = volume.Spec.Local.Path;
        if (_folder.IsUsed(path))
            return false;
        var begun = await BeginAsync(volume, cancellationToken);
        volumes.TryUpdate(volume.Metadata.Name, begun, volume);
        RequireAlone(begun, OthersOf(begun));
        if (!await _folder.TryRemoveAsync(path, _folders, cancellationToken))
            return false;
        await LetGoAsync(begun, cancellationToken);
        volumes.TryRemove(KeyValuePair.Create(volume.Metadata.Name, begun));
        return true;
    }

    /// <exception cref="IOException">The folder is not one of this node's.</exception>
    private void RequireOwn(V1PersistentVolume volume)
    {
        if (!_folder.Holds(volume))
            throw new IOException($"path \"{volume.Spec.Local.Path}\" is not in folder \"{_folder.Path}\" of node \"{_folder.NodeName}\"");
    }

    /// <exception cref="IOException">Another volume has the folder too, or one in it.</exception>
    private static void RequireAlone(V1PersistentVolume volume, IEnumerable<KeyValuePair<string, string>> others)
    {
        var path = volume.Spec.Local.Path;
        if (others.FirstOrDefault(other => other.Key != volume.Metadata.Name && LocalVolumeFolder.IsWithin(other.Value, path)).Key is { } name)
            throw new IOException($"path \"{path}\" is also that of volume \"{name}\"");
    }

    private static IEnumerable<KeyValuePair<string, string>> PathsOf(IEnumerable<V1PersistentVolume> volumes) =>
        from volume in volumes
        let path = volume.Spec?.Local?.Path ?? volume.Spec?.HostPath?.Path
        where !string.IsNullOrEmpty(path)
        select KeyValuePair.Create(volume.Metadata.Name, path);

    /// <summary>The volumes on this node that it does not follow, as the control plane has noted them.</summary>
    /// <exception cref="IOException">It has not.</exception>
    private static Dictionary<string, string> OthersOf(V1PersistentVolume begun)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(begun.Metadata.Annotations[LocalPathVolumes.RemovedAnnotation]) ?? [];
        }
        catch (Exception unknown) when (unknown is JsonException or KeyNotFoundException)
        {
            throw new IOException("the control plane has not said which other volumes are on the node", unknown);
        }
    }

    /// <summary>Notes that the folder is about to be removed, if the volume is still as it was seen: whoever changes it later sees the
    /// note.</summary>
    /// <returns>The volume with the note, to which the control plane has added which other volumes are here.</returns>
    private Task<V1PersistentVolume> BeginAsync(V1PersistentVolume volume, CancellationToken cancellationToken) => PatchAsync(
        volume,
        new
        {
            metadata = new
            {
                resourceVersion = volume.Metadata.ResourceVersion,
                annotations = new Dictionary<string, string> { [LocalPathVolumes.RemovedAnnotation] = LocalPathVolumes.AsksForOthers },
            },
        },
        cancellationToken);

    // At the version that was seen, because the list is replaced as a whole.
    private Task LetGoAsync(V1PersistentVolume volume, CancellationToken cancellationToken) => PatchAsync(
        volume,
        new
        {
            metadata = new
            {
                resourceVersion = volume.Metadata.ResourceVersion,
                finalizers = volume.Metadata.Finalizers.Where(finalizer => finalizer != LocalPathVolumes.Finalizer).ToArray(),
            },
        },
        cancellationToken);

    private Task<V1PersistentVolume> PatchAsync(V1PersistentVolume volume, object patch, CancellationToken cancellationToken) => _api.MergePatchAsync<V1PersistentVolume>(
        ResourcePath.PersistentVolume(volume.Metadata.Name), JsonSerializer.SerializeToUtf8Bytes(patch), cancellationToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "The volume {Volume} is removed from {Path}")]
    private partial void LogRemoved(string volume, string path);

    [LoggerMessage(Level = LogLevel.Information, Message = "The volume {Volume} is removed later: {Reason}")]
    private partial void LogPutOff(string volume, string reason);
}
