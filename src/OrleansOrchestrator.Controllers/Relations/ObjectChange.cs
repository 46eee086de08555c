using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>A change of an object, as relations look at it.</summary>
/// <param name="Now">The object after the change; null if it is gone.</param>
/// <param name="Before">The object before the change; null if there was none, or if that is not known.</param>
public readonly record struct ObjectChange(StoredObject? Now, StoredObject? Before)
{
    /// <summary>The object's resource.</summary>
    public ResourceName Resource => (Now ?? Before)!.Definition.Name;

    /// <summary>The object's key.</summary>
    public ObjectKey Key => (Now ?? Before)!.Key;

    /// <summary>The object after the change and before it. Both count, because a change may end a relation.</summary>
    public IEnumerable<StoredObject> Versions
    {
        get
        {
            if (Now is not null)
                yield return Now;
            if (Before is not null)
                yield return Before;
        }
    }
}
