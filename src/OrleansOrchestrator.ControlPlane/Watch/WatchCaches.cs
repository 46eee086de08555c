using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>This silo's caches, each started when it is first used.</summary>
internal sealed class WatchCaches(IStoreReader store, WatchOptions options, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ResourceName, Lazy<WatchCache>> _caches = new();

    /// <summary>The cache of a resource.</summary>
    public WatchCache this[ResourceDefinition definition] => _caches.GetOrAdd(
        definition.Name,
        _ => new Lazy<WatchCache>(() => new WatchCache(definition, store, options, time, loggers.CreateLogger<WatchCache>()))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var cache in _caches.Values.Where(cache => cache.IsValueCreated))
            await cache.Value.DisposeAsync();
    }
}
