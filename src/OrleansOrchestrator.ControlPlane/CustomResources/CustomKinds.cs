using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Kinds.ApiExtensions;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.CustomResources;

/// <summary>
/// Keeps the custom kinds of this silo's registry equal to the established CustomResourceDefinitions: follows their cache, and replaces
/// the custom kinds whenever one changes.
/// </summary>
internal sealed partial class CustomKinds(
    WatchCaches caches, Reflector follower, ResourceRegistry registry, ILogger<CustomKinds> logger) : BackgroundService, IReadinessCheck, INewestKinds
{
    private readonly Lock _applying = new();
    private Dictionary<ResourceName, CustomKind> _kinds = [];
    private volatile bool _isApplied;

    /// <inheritdoc/>
    public string Name => "custom-resources";

    private WatchCache Definitions => caches[registry[WellKnownResources.CustomResourceDefinitions]];

    /// <inheritdoc/>
    public Task<string?> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult(_isApplied ? null : "the definitions of custom resources have not been read yet");

    /// <inheritdoc/>
    public async Task<ResourceDefinition?> FindNewestAsync(ResourceName name, CancellationToken cancellationToken)
    {
        if (registry.Find(name) is { } known)
            return known;
        await Definitions.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        Apply();
        return registry.Find(name);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => follower.FollowAsync(
        Definitions,
        Apply,
        _ =>
        {
            Apply();
            return Task.CompletedTask;
        },
        stoppingToken);

    private void Apply()
    {
        lock (_applying)
        {
            var kinds = new Dictionary<ResourceName, CustomKind>();
            foreach (var stored in Definitions.Select(ObjectFilter.All).Objects)
            {
                if (KindOf(stored) is { } kind)
                    kinds[kind.Name] = kind;
            }

            _isApplied = true;
            var replaced = _kinds.Where(kind => !ReferenceEquals(kinds.GetValueOrDefault(kind.Key), kind.Value)).ToList();
            if (replaced.Count == 0 && kinds.Count == _kinds.Count)
                return;
            _kinds = kinds;
            registry.SetCustom(kinds.Values);
            foreach (var (name, _) in replaced)
            {
                // Asking for the cache of a changed kind replaces an outdated cache.
                if (kinds.TryGetValue(name, out var renewed))
                    _ = caches[renewed];
                else
                    caches.Retire(name);
            }
        }
    }

    private CustomKind? KindOf(StoredObject stored)
    {
        try
        {
            return KindOf(stored, stored.SharedModel<V1CustomResourceDefinition>());
        }
        catch (Exception broken)
        {
            // A definition that cannot be served does not affect the others.
            LogBroken(broken, stored.Key.Name);
            return null;
        }
    }

    private CustomKind? KindOf(StoredObject stored, V1CustomResourceDefinition crd)
    {
        if (!CustomResourceConditions.IsTrue(crd, CustomResourceConditions.Established))
            return null;
        return _kinds.TryGetValue(new ResourceName(crd.Spec.Names.Plural, crd.Spec.Group), out var known) && known.Source == (stored.Uid, crd.Metadata.Generation)
            ? known
            : new CustomKind(crd);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The definition {Name} cannot be served")]
    private partial void LogBroken(Exception exception, string name);
}
