using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>The objects in this silo's caches, for the relations of one reconciler.</summary>
/// <param name="caches">The caches.</param>
/// <param name="registry">All kinds.</param>
/// <param name="indexes">The indexes of relations.</param>
/// <param name="primary">The reconciler's primary resource.</param>
internal sealed class CacheView(WatchCaches caches, ResourceRegistry registry, RelationIndexes indexes, ResourceName primary) : IObjectView
{
    /// <inheritdoc/>
    public ResourceDefinition Primary => registry[primary];

    /// <inheritdoc/>
    public IReadOnlyList<ResourceDefinition> StoredKinds => registry.Stored;

    /// <inheritdoc/>
    public KubeObject? Find(ResourceName resource, ObjectKey key) => CacheOf(resource)?.Find(key)?.SharedModel();

    /// <inheritdoc/>
    public IEnumerable<ObjectKey> Keys(ResourceName resource, string @namespace) =>
        Matching(resource, ObjectFilter.InNamespace(@namespace)).Select(obj => obj.Key);

    /// <inheritdoc/>
    public IEnumerable<KubeObject> Select(ResourceName resource, string @namespace, LabelSelector selector) =>
        Matching(resource, new ObjectFilter(@namespace, selector, FieldSelector.Everything)).Select(obj => obj.SharedModel());

    /// <inheritdoc/>
    public IEnumerable<KubeObject> Select(ResourceName resource, string @namespace, Func<StoredObject, bool> isWanted) =>
        Matching(resource, ObjectFilter.InNamespace(@namespace)).Where(isWanted).Select(obj => obj.SharedModel());

    /// <inheritdoc/>
    public IEnumerable<KubeObject> WithField(ResourceName resource, string field, string value) =>
        Matching(resource, ObjectFilter.All with { Fields = FieldSelector.Equal(field, value) }).Select(obj => obj.SharedModel());

    /// <inheritdoc/>
    public IEnumerable<KubeObject> WithKey(KeyIndex index, ObjectKey key) => indexes.Find(index, key).Select(obj => obj.SharedModel());

    /// <inheritdoc/>
    public IEnumerable<KubeObject> ControlledBy(ResourceName resource, string uid) => CacheOf(resource) is { } cache
        ? cache.OwnedBy(uid).Where(obj => obj.ControllerUid == uid).OrderBy(obj => obj.Key).Select(obj => obj.SharedModel())
        : [];

    private IReadOnlyList<StoredObject> Matching(ResourceName resource, ObjectFilter filter) => CacheOf(resource)?.Select(filter).Objects ?? [];

    private WatchCache? CacheOf(ResourceName resource) =>
        registry.Find(resource) is { IsStored: true } definition ? caches[definition] : null;
}
