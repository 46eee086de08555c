using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>This silo's caches, each started when it is first used, and all stopped before the silo is.</summary>
internal sealed class WatchCaches(IStoreReader store, WatchOptions options, TimeProvider time, ILoggerFactory loggers) : IHostedService
{
    private readonly ConcurrentDictionary<ResourceName, Lazy<WatchCache>> _caches = new();

    /// <summary>The cache of a resource.</summary>
    public WatchCache this[ResourceDefinition definition] => _caches.GetOrAdd(
        definition.Name,
        _ => new Lazy<WatchCache>(() => new WatchCache(definition, store, options, time, loggers.CreateLogger<WatchCache>()))).Value;

    /// <summary>Ends a cache whose resource is gone or has another shape now; whoever still watches it has to start over.</summary>
    public void Retire(ResourceName name)
    {
        if (_caches.TryRemove(name, out var cache) && cache.IsValueCreated)
            _ = cache.Value.RetireAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_caches.Values.Where(cache => cache.IsValueCreated).Select(cache => cache.Value.DisposeAsync().AsTask()));
}
