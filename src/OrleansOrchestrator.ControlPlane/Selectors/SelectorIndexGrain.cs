using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <inheritdoc cref="ISelectorIndexGrain"/>
[Reentrant]
[PreferLocalPlacement]
internal sealed class SelectorIndexGrain(
    WatchCaches caches, ResourceRegistry registry, IEnumerable<IReconciler> reconcilers, ObjectFaults faults, TimeProvider time)
    : Grain, ISelectorIndexGrain
{
    private readonly Dictionary<string, SelectorFollower> _followers = new(StringComparer.Ordinal);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (var follower in _followers.Values)
            await follower.DisposeAsync();
    }

    public async Task<IReadOnlyList<string>> FindSelectingAsync(string reconciler, IReadOnlyList<LabelSet> labels, long primaryRevision)
    {
        if (!_followers.TryGetValue(reconciler, out var follower))
            _followers[reconciler] = follower = Follow(reconciler);
        await follower.ReachAsync(primaryRevision);

        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var set in labels)
            follower.Index.Match(set, found);
        return [.. found];
    }

    private SelectorFollower Follow(string name)
    {
        var reconciler = reconcilers.First(r => r.Name == name);
        var selected = reconciler.Dependencies.OfType<SelectedObjects>().First();
        return new SelectorFollower(
            name, caches[registry[reconciler.Primary]], ObjectFilter.InNamespace(this.GetPrimaryKeyString()), selected.SelectorOf, faults, time);
    }
}
