using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The parts into which the namespaced objects of a relation fall, for a primary that is decided on by part: the pods of a DaemonSet
/// fall into nodes. An index finds the objects of a part.
/// </summary>
/// <param name="resource">The resource of the objects.</param>
/// <param name="partOf">The part of an object; empty if it names none.</param>
public sealed class ObjectParts(ResourceName resource, Func<KubeObject, string> partOf)
{
    private KeyIndex? _index;

    /// <summary>Whether an object may be related to a primary, judged before it is decoded.</summary>
    public Func<StoredObject, bool> MayMatter { get; init; } = static _ => true;

    // One for all threads: each index is kept up to date for ever.
    private KeyIndex Index => LazyInitializer.EnsureInitialized(
        ref _index, () => new KeyIndex(resource, obj => [new ObjectKey(obj.Metadata.NamespaceProperty ?? "", partOf(obj))]) { MayHaveKeys = MayMatter });

    /// <summary>The part of an object; empty if it names none.</summary>
    public string Of(StoredObject obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return partOf(obj.SharedModel());
    }

    /// <summary>The objects of some parts in a namespace.</summary>
    public IEnumerable<KubeObject> Find(string @namespace, IEnumerable<string> parts, IObjectView view) =>
        parts.SelectMany(part => view.WithKey(Index, new ObjectKey(@namespace, part)));
}
