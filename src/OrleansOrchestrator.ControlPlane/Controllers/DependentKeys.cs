using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Selectors;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Finds the primary objects that a change of another resource concerns.</summary>
internal sealed class DependentKeys(IReconciler reconciler, WatchCache primaries, IGrainFactory grains, ObjectFaults faults)
{
    private readonly GrainReferences<ISelectorIndexGrain> _indexes = new(grains);

    /// <summary>The keys of the primaries that some events of a dependency concern.</summary>
    public async Task<IReadOnlyCollection<ObjectKey>> FindPrimariesAsync(Dependency dependency, IReadOnlyList<WatchEvent> events)
    {
        var keys = new HashSet<ObjectKey>();
        var labels = new Dictionary<string, HashSet<LabelSet>>(StringComparer.Ordinal);
        foreach (var @event in events)
        {
            if (@event.Object is { } changed)
                faults.Try(reconciler.Name, changed, obj => Collect(dependency, obj, @event.Previous, keys, labels));
        }

        foreach (var (@namespace, sets) in labels)
        {
            foreach (var name in await _indexes[@namespace].FindSelectingAsync(reconciler.Name, [.. sets], primaries.Revision))
                keys.Add(new ObjectKey(@namespace, name));
        }

        return keys;
    }

    private void Collect(
        Dependency dependency, StoredObject obj, StoredObject? previous, HashSet<ObjectKey> keys, Dictionary<string, HashSet<LabelSet>> labels)
    {
        switch (dependency)
        {
            case SameName:
                keys.Add(obj.Key);
                break;
            case Named named when obj.Key.Name == named.Name:
                keys.UnionWith(PrimariesOf(obj.Key.Namespace));
                break;
            case ReferringObjects referring when referring.PrimaryOf(obj.Peek()) is { } primary:
                keys.Add(primary);
                break;
            case OwnedObjects when OwnerOf(obj) is { } controller:
                keys.Add(controller);
                break;
            case SelectedObjects selected:
                Collect(labels, obj, previous);
                if (selected.IncludeOwned && OwnerOf(obj) is { } owner)
                    keys.Add(owner);
                break;
        }
    }

    /// <summary>What an object may have matched: its labels now, and before the change.</summary>
    private static void Collect(Dictionary<string, HashSet<LabelSet>> labels, StoredObject obj, StoredObject? previous)
    {
        if (!labels.TryGetValue(obj.Key.Namespace, out var sets))
            labels[obj.Key.Namespace] = sets = [];
        sets.Add(obj.Labels);
        if (previous is not null)
            sets.Add(previous.Labels);
    }

    /// <summary>The primary that controls an object; null if none of this kind does.</summary>
    private ObjectKey? OwnerOf(StoredObject obj)
    {
        if (obj.ControllerUid is null)
            return null;
        var reference = obj.Peek().Metadata.OwnerReferences.FirstOrDefault(owner => owner.Controller == true);
        return reference is not null && reference.Kind == primaries.Definition.Kind
            ? new ObjectKey(obj.Key.Namespace, reference.Name)
            : null;
    }

    private IEnumerable<ObjectKey> PrimariesOf(string @namespace) => primaries.Definition.Namespaced
        ? primaries.Select(ObjectFilter.InNamespace(@namespace)).Objects.Select(obj => obj.Key)
        : [new ObjectKey("", @namespace)];
}
