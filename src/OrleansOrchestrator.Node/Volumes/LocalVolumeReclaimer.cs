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

    private readonly ConcurrentDictionary<string, V1PersistentVolume> _deleted = new(StringComparer.Ordinal);
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
        _deleted.Clear();
        foreach (var volume in objects)
            Note(volume);
        _loop.Signal();
    }

    public void Upsert(V1PersistentVolume obj)
    {
        Note(obj);
        _loop.Signal();
    }

    public void Delete(V1PersistentVolume obj) => _deleted.TryRemove(obj.Metadata.Name, out _);

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private void Note(V1PersistentVolume volume)
    {
        if (LocalPathVolumes.MustBeRemoved(volume) && _folder.Holds(volume))
            _deleted[volume.Metadata.Name] = volume;
        else
            _deleted.TryRemove(volume.Metadata.Name, out _);
    }

    private async Task<TimeSpan?> RemoveAllAsync(CancellationToken cancellationToken)
    {
        foreach (var volume in _deleted.Values)
        {
            try
            {
                LocalVolumeFolder.Remove(volume.Spec.Local.Path);
                await LetGoAsync(volume, cancellationToken);
                _deleted.TryRemove(KeyValuePair.Create(volume.Metadata.Name, volume));
                LogRemoved(volume.Metadata.Name, volume.Spec.Local.Path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _events.Record(volume, EventType.Warning, "VolumeFailedDelete", exception.Message);
            }
            catch (ApiException gone) when (gone.IsNotFound)
            {
                _deleted.TryRemove(KeyValuePair.Create(volume.Metadata.Name, volume));
            }
            catch (Exception exception) when (Reflector<V1PersistentVolume>.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogPutOff(volume.Metadata.Name, exception.Message);
            }
        }

        return _deleted.IsEmpty ? null : RetryAfter;
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
