using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>Keeps <see cref="IngressObjects"/> equal to the stored objects. While the store is away, what was read last holds.</summary>
internal sealed class IngressWatch(IObjectClient objects, ResourceRegistry registry, IngressObjects known, TimeProvider time, ILogger<IngressWatch> logger)
    : BackgroundService, IReadinessCheck
{
    // Before it starts over: short beside a failover, and long enough not to busy-loop on a lasting fault.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // No other secret can serve as a certificate.
    private static readonly ObjectFilter Certificates = ObjectFilter.All with { Fields = FieldSelector.Equal("type", TlsKeyPair.SecretType) };

    /// <inheritdoc/>
    public string Name => "ingress";

    /// <inheritdoc/>
    public Task<string?> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult(known.Whole.IsCompleted ? null : "the ingresses have not been read yet");

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(IngressObjects.Resources.Select(resource =>
        SupervisedLoop.RunAsync($"ingress: {resource}", cancellation => FollowAsync(registry[resource], cancellation), time, logger, stoppingToken)));

    private async Task<TimeSpan?> FollowAsync(ResourceDefinition definition, CancellationToken cancellationToken)
    {
        var filter = definition.Name == WellKnownResources.Secrets ? Certificates : ObjectFilter.All;
        try
        {
            Dictionary<ObjectKey, StoredObject>? present = [];
            await foreach (var batch in objects.WatchAsync(definition, new WatchQuery(filter, null, Freshness.Latest), cancellationToken))
            {
                var changes = new Dictionary<ObjectKey, StoredObject?>();
                foreach (var change in batch)
                {
                    if (change.EndsInitialEvents && present is not null)
                    {
                        known.Reset(definition.Name, present.Values);
                        present = null;
                    }

                    if (change.Object is not { } stored)
                        continue;
                    if (present is null)
                        changes[stored.Key] = change.Type == WatchEventType.Deleted ? null : stored;
                    else if (change.Type == WatchEventType.Deleted)
                        present.Remove(stored.Key);
                    else
                        present[stored.Key] = stored;
                }

                if (changes.Count > 0)
                    known.Apply(definition.Name, changes);
            }
        }
        catch (ApiException)
        {
            // The store is away, or the history has a gap: what is known holds until all has been read again.
        }

        return Pause;
    }
}
