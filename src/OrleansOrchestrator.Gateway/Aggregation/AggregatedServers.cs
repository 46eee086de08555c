using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>Keeps this silo's table of servers equal to the stored APIServices.</summary>
internal sealed class AggregatedServers(IObjectClient objects, ResourceRegistry registry, TimeProvider time, ILogger<AggregatedServers> logger)
    : BackgroundService, IReadinessCheck
{
    // Before it starts over: short beside a failover, and long enough not to busy-loop on a lasting fault.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private const string NotReadYet = "the APIServices have not been read yet";

    private ServerTable? _table;

    /// <summary>Tells of a new table.</summary>
    public event Action? Changed;

    /// <inheritdoc/>
    public string Name => "api-services";

    /// <summary>The present table; null until the APIServices have been read.</summary>
    public ServerTable? Known => Volatile.Read(ref _table);

    /// <summary>The present table; what is built in, until the APIServices have been read.</summary>
    public ServerTable Table => Known ?? ServerTable.Empty;

    /// <inheritdoc/>
    public Task<string?> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Known is null ? NotReadYet : null);

    /// <summary>The answer to who asks for what another server may have: to say that there is no such thing, or to serve it here, could be
    /// wrong.</summary>
    public static ApiException NotKnown() => ApiErrors.ServiceUnavailable(NotReadYet);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SupervisedLoop.RunAsync("API services", FollowAsync, time, logger, stoppingToken);

    private async Task<TimeSpan?> FollowAsync(CancellationToken cancellationToken)
    {
        var present = new Dictionary<ObjectKey, V1APIService>();
        var isWhole = false;
        try
        {
            var query = new WatchQuery(ObjectFilter.All, null, Freshness.Latest);
            await foreach (var batch in objects.WatchAsync(registry[WellKnownResources.APIServices], query, cancellationToken))
            {
                var isChanged = false;
                foreach (var change in batch)
                {
                    isWhole |= isChanged |= change.EndsInitialEvents;
                    if (change.Object is not { } stored)
                        continue;
                    isChanged = true;
                    if (change.Type == WatchEventType.Deleted)
                        present.Remove(stored.Key);
                    else
                        present[stored.Key] = stored.SharedModel<V1APIService>();
                }

                if (isWhole && isChanged)
                {
                    Volatile.Write(ref _table, new ServerTable(present.Values));
                    Changed?.Invoke();
                }
            }
        }
        catch (ApiException)
        {
            // The store is away, or the history has a gap: the old table holds until all have been read again.
        }

        return Pause;
    }
}
