using System.Collections.Concurrent;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>
/// The active selector indexes of this silo, which its grains use without a call. An inactive index is reached through its grain. So is
/// an active one now and then, which keeps its grain active.
/// </summary>
internal sealed class SelectorIndexes(
    IGrainFactory grains, WatchCaches caches, ResourceRegistry registry, IEnumerable<IReconciler> reconcilers, ObjectFaults faults, TimeProvider time)
{
    // Well below the 15 minutes after which Orleans deactivates an idle grain.
    private static readonly TimeSpan CalledAtLeastEvery = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, NamespaceSelectors> _active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReconciler> _reconcilers = reconcilers.ToDictionary(reconciler => reconciler.Name, StringComparer.Ordinal);

    /// <summary>Finds the primaries of a reconciler whose selectors match the labels.</summary>
    /// <param name="reconciler">The reconciler's name.</param>
    /// <param name="relation">The position of the relation with the selectors.</param>
    /// <param name="labels">The label sets by the namespace of the primaries.</param>
    /// <param name="primaryRevision">The revision of the primaries that the answer must reflect.</param>
    public async Task<IReadOnlyCollection<ObjectKey>> FindSelectingAsync(
        string reconciler, int relation, IReadOnlyDictionary<string, HashSet<LabelSet>> labels, long primaryRevision)
    {
        var found = new HashSet<ObjectKey>();
        foreach (var (@namespace, sets) in labels)
        {
            var key = @namespace == ConcernedPrimaries.AllNamespaces ? ISelectorIndexGrain.AllNamespaces : @namespace;
            if (!await TryFindHereAsync(key, reconciler, relation, sets, primaryRevision, found))
                found.UnionWith(await grains.GetGrain<ISelectorIndexGrain>(key).FindSelectingAsync(reconciler, relation, [.. sets], primaryRevision));
        }

        return found;
    }

    /// <summary>Makes the index of a namespace whose grain has been activated.</summary>
    public NamespaceSelectors Begin(string @namespace)
    {
        var filter = @namespace == ISelectorIndexGrain.AllNamespaces ? ObjectFilter.All : ObjectFilter.InNamespace(@namespace);
        return _active[@namespace] = new NamespaceSelectors(@namespace, (name, relation) => NewIndexer(name, relation, filter)) { CalledAt = time.GetTimestamp() };
    }

    /// <summary>Ends an index.</summary>
    public ValueTask EndAsync(NamespaceSelectors selectors)
    {
        _active.TryRemove(new KeyValuePair<string, NamespaceSelectors>(selectors.Namespace, selectors));
        return selectors.DisposeAsync();
    }

    private async Task<bool> TryFindHereAsync(
        string key, string reconciler, int relation, HashSet<LabelSet> labels, long primaryRevision, HashSet<ObjectKey> found)
    {
        if (!_active.TryGetValue(key, out var active) || time.GetElapsedTime(active.CalledAt) > CalledAtLeastEvery)
            return false;
        try
        {
            await active.FindAsync(reconciler, relation, labels, primaryRevision, found);
            return true;
        }
        catch (OperationCanceledException)
        {
            // Its grain has just deactivated.
            return false;
        }
    }

    private SelectorIndexer NewIndexer(string name, int relation, ObjectFilter filter)
    {
        var reconciler = _reconcilers[name];
        return new SelectorIndexer(name, reconciler.Relations[relation], caches[registry[reconciler.Primary]], filter, faults, time);
    }
}
