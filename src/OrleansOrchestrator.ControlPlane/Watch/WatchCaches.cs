using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>This silo's caches. Each starts at its first use, and all stop before the silo does.</summary>
internal sealed class WatchCaches(
    IStoreReader store, WatchOptions options, TimeProvider time, ILoggerFactory loggers, IFaultPoints? faults = null) : IHostedService
{
    private readonly ConcurrentDictionary<ResourceName, Lazy<WatchCache>> _caches = new();

    /// <summary>The cache of a resource. If its definition is outdated, as after a change of a custom kind, a new cache replaces it:
    /// objects carry the definition by which their fields, columns and defaults are read.</summary>
    public WatchCache this[ResourceDefinition definition]
    {
        get
        {
            while (true)
            {
                var found = _caches.TryGetValue(definition.Name, out var known) ? known : GetOrAdd(definition);
                var cache = found.Value;
                if (!definition.Supersedes(cache.Definition))
                    return cache;
                if (_caches.TryRemove(KeyValuePair.Create(definition.Name, found)))
                    _ = cache.RetireAsync();
            }
        }
    }

    /// <summary>All caches in use.</summary>
    public IEnumerable<WatchCache> InUse => _caches.Values.Where(static cache => cache.IsValueCreated).Select(static cache => cache.Value);

    /// <summary>The cache of a resource if it exists and has the same definition. Starts none.</summary>
    public WatchCache? TryGet(ResourceDefinition definition) =>
        _caches.TryGetValue(definition.Name, out var known) && known.IsValueCreated && ReferenceEquals(known.Value.Definition, definition)
            ? known.Value
            : null;

    /// <summary>Ends the cache of a removed resource. Its watchers have to start over.</summary>
    public void Retire(ResourceName name)
    {
        if (_caches.TryRemove(name, out var cache) && cache.IsValueCreated)
            _ = cache.Value.RetireAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(InUse.Select(cache => cache.DisposeAsync().AsTask()));

    private Lazy<WatchCache> GetOrAdd(ResourceDefinition definition) => _caches.GetOrAdd(
        definition.Name,
        _ => new Lazy<WatchCache>(() => new WatchCache(definition, store, options, time, loggers.CreateLogger<WatchCache>(), faults)));
}
