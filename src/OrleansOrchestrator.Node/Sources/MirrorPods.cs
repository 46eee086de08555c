using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>The mirror pods of the node: those that the API has, and those that it should have.</summary>
/// <param name="api">The API.</param>
/// <param name="nodeName">The node.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Receives faults.</param>
internal sealed class MirrorPods(ClusterConnection api, string nodeName, TimeProvider timeProvider, ILogger logger) : IObjectSink<V1Pod>, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PodKey, MirrorPod> _mirrors = [];
    private volatile bool _isListed;

    /// <summary>Shows a static pod in the API, or nothing under its name.</summary>
    public void Show(PodKey key, V1Pod? pod)
    {
        lock (_lock)
            Of(key).Show(pod);
    }

    /// <summary>Shows the status of a static pod.</summary>
    public void Report(V1Pod pod, V1PodStatus status)
    {
        lock (_lock)
        {
            if (_mirrors.TryGetValue(PodKey.Of(pod), out var mirror))
                mirror.Report(pod, status);
        }
    }

    public void Replace(IReadOnlyCollection<V1Pod> objects)
    {
        lock (_lock)
        {
            _isListed = true;
            var present = objects.ToDictionary(PodKey.Of);
            foreach (var key in _mirrors.Keys.Union(present.Keys).ToList())
                Of(key).See(present.GetValueOrDefault(key));
        }
    }

    public void Upsert(V1Pod obj)
    {
        lock (_lock)
            Of(PodKey.Of(obj)).See(obj);
    }

    public void Delete(V1Pod obj)
    {
        lock (_lock)
        {
            if (_mirrors.TryGetValue(PodKey.Of(obj), out var mirror))
                mirror.Forget(obj.Metadata.Uid);
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<MirrorPod> mirrors;
        lock (_lock)
            mirrors = [.. _mirrors.Values];
        await Task.WhenAll(mirrors.Select(mirror => mirror.DisposeAsync().AsTask()));
    }

    private MirrorPod Of(PodKey key)
    {
        if (!_mirrors.TryGetValue(key, out var mirror))
            _mirrors.Add(key, mirror = new MirrorPod(api, nodeName, key, () => _isListed, TryDrop, timeProvider, logger));
        return mirror;
    }

    /// <summary>Drops a mirror that neither is nor should be.</summary>
    private bool TryDrop(PodKey key, MirrorPod mirror)
    {
        lock (_lock)
            return mirror.IsNothing && _mirrors.Remove(key);
    }
}
