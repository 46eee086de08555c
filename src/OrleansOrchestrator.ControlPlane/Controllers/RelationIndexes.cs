using System.Runtime.CompilerServices;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>The indexes of relations over this silo's caches. Each is made when a relation first asks it.</summary>
internal sealed class RelationIndexes(Informers informers, ResourceRegistry registry)
{
    // Most indexes live as long as the process; one over a kind that users define ends with it.
    private readonly ConditionalWeakTable<KeyIndex, ObjectIndex<ObjectKey, StoredObject>> _all = [];

    /// <summary>The objects with a key, in the order of their own keys.</summary>
    public IEnumerable<StoredObject> Find(KeyIndex index, ObjectKey key) => _all.GetValue(index, Make).Find(key).OrderBy(obj => obj.Key);

    private ObjectIndex<ObjectKey, StoredObject> Make(KeyIndex index) => informers.Index<ObjectKey, StoredObject>(
        registry[index.Resource], obj => index.KeysOf(obj).Select(key => KeyValuePair.Create(key, obj)));
}
