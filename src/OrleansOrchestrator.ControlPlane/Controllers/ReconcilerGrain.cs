using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <inheritdoc cref="IReconcilerGrain"/>
/// <remarks>
/// Observes at or after the revision of its own last write, so that it never acts on its own past and needs none of the
/// "expectations" that Kubernetes' controllers keep.
/// </remarks>
[PreferLocalPlacement]
internal sealed class ReconcilerGrain(
    IEnumerable<IReconciler> reconcilers, Observer observer, PlanExecutor executor, WatchCaches caches, ResourceRegistry registry)
    : Grain, IReconcilerGrain
{
    private readonly Dictionary<ResourceName, long> _written = [];
    private IReconciler _reconciler = null!;
    private ObjectKey _key;
    private bool _isUncertain = true;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        _reconciler = reconcilers.First(reconciler => reconciler.Name == key[..slash]);
        _key = ObjectKey.Parse(key[(slash + 1)..]);
        return Task.CompletedTask;
    }

    public async Task<ReconcileOutcome> ReconcileAsync(IReadOnlyList<long> revisions)
    {
        await ReachAsync(_reconciler.Primary, revisions[0]);
        for (var i = 0; i < _reconciler.Dependencies.Count; i++)
            await ReachAsync(_reconciler.Dependencies[i].Resource, revisions[i + 1]);

        // Until everything is known to have gone well, something may have been written that is not in any answer.
        _isUncertain = true;
        var plan = _reconciler.Reconcile(await observer.ObserveAsync(_reconciler, _key, CancellationToken.None));
        var outcome = await executor.ApplyAsync(
            _reconciler.Name, new ObjectReference(registry[_reconciler.Primary], _key), plan);
        foreach (var (resource, revision) in outcome.Written)
            _written[resource] = Math.Max(_written.GetValueOrDefault(resource), revision);
        _isUncertain = !outcome.Succeeded;
        return new ReconcileOutcome(outcome.Succeeded, plan.RequeueAfter);
    }

    /// <summary>Waits until this silo's cache has what the caller saw and what was written here.</summary>
    private async Task ReachAsync(ResourceName resource, long revision)
    {
        // An earlier activation, perhaps on a silo that died, or a write that failed may have left what only the store knows.
        var freshness = _isUncertain ? Freshness.Latest : Freshness.AtLeast(Math.Max(revision, _written.GetValueOrDefault(resource)));
        await caches[registry[resource]].EnsureFreshAsync(freshness, CancellationToken.None);
    }
}
