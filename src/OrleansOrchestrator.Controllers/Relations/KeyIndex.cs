using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// Finds the objects of a resource by keys that are read from them, as the pods that use a claim, without a look at all others. The
/// control plane keeps the index over its cache from the first question on. An index has no state of its own: it says what the keys are.
/// </summary>
/// <param name="resource">The resource of the objects.</param>
/// <param name="keysOf">The keys of an object.</param>
public sealed class KeyIndex(ResourceName resource, Func<KubeObject, IEnumerable<ObjectKey>> keysOf)
{
    /// <summary>The resource of the objects.</summary>
    public ResourceName Resource { get; } = resource;

    /// <summary>Whether an object may have keys, judged before it is decoded.</summary>
    public Func<StoredObject, bool> MayHaveKeys { get; init; } = static _ => true;

    /// <summary>The keys of an object, each once.</summary>
    public IEnumerable<ObjectKey> KeysOf(StoredObject obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return MayHaveKeys(obj) ? KeysOf(obj.SharedModel()) : [];
    }

    /// <summary>The keys of an object, each once.</summary>
    public IEnumerable<ObjectKey> KeysOf(KubeObject obj) => keysOf(obj).Distinct();
}
