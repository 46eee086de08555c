using k8s.Models;
using OrleansOrchestrator.ControlPlane.CustomResources;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Puts together what a reconciler decides on, from this silo's caches.</summary>
internal sealed class Observer(WatchCaches caches, ResourceRegistry registry, CustomKinds resources, TimeProvider time)
{
    /// <summary>Observes one primary object and what belongs to it.</summary>
    public async Task<Observation> ObserveAsync(IReconciler reconciler, ObjectKey key, CancellationToken cancellationToken)
    {
        var primary = caches[registry[reconciler.Primary]].Find(key);
        if (primary is { IsDeleting: true } && reconciler.Dependencies.Any(dependency => dependency is NamespaceContents))
            await ReachNewestContentsAsync(cancellationToken);
        if (primary is { IsDeleting: true } && reconciler.Dependencies.Any(dependency => dependency is DefinedObjects))
            await ReachNewestObjectsAsync(primary, cancellationToken);
        var dependents = new Dictionary<ResourceName, IReadOnlyList<KubeObject>>();
        foreach (var dependency in reconciler.Dependencies)
        {
            foreach (var (resource, objects) in Find(dependency, key, primary))
                dependents[resource] = [.. objects.Select(obj => obj.Peek())];
        }

        return new Observation(key, primary?.Peek(), dependents, time.GetUtcNow());
    }

    private IEnumerable<(ResourceName Resource, IReadOnlyList<StoredObject> Objects)> Find(
        Dependency dependency, ObjectKey key, StoredObject? primary)
    {
        var cache = caches[registry[dependency.Resource]];
        switch (dependency)
        {
            case SelectedObjects selected when primary is not null:
                return [(dependency.Resource, Selected(cache, selected, primary))];
            case OwnedObjects when primary is not null:
                return [(dependency.Resource, [.. cache.OwnedBy(primary.Uid)
                    .Where(obj => obj.ControllerUid == primary.Uid && obj.Key.Namespace == primary.Key.Namespace)
                    .OrderBy(obj => obj.Key)])];
            case ReferringObjects referring:
                var candidates = cache.Select(ObjectFilter.All with { Fields = FieldSelector.Equal(referring.NameField, key.Name) }).Objects;
                return [(dependency.Resource, candidates.FindAll(obj => referring.PrimaryOf(obj.Peek()) == key))];
            case SameName:
                return [(dependency.Resource, One(cache.Find(key)))];
            case Named named:
                return [(dependency.Resource, One(cache.Find(new ObjectKey(key.Namespace.Length > 0 ? key.Namespace : key.Name, named.Name))))];
            case NamespaceContents when primary is { IsDeleting: true }:
                return Contents(key.Name);
            case DefinedObjects when primary is not null:
                return [(dependency.Resource, cache.Select(ObjectFilter.All).Objects), .. Defined(primary)];
            default:
                return [];
        }
    }

    private static IReadOnlyList<StoredObject> One(StoredObject? obj) => obj is null ? [] : [obj];

    private static List<StoredObject> Selected(WatchCache cache, SelectedObjects dependency, StoredObject primary)
    {
        var selector = dependency.SelectorOf(primary.Peek());
        var selected = cache.Select(new ObjectFilter(primary.Key.Namespace, selector, FieldSelector.Everything)).Objects;
        if (!dependency.IncludeOwned)
            return selected;
        var known = selected.Select(obj => obj.Key).ToHashSet();
        selected.AddRange(cache.OwnedBy(primary.Uid).Where(obj => obj.Key.Namespace == primary.Key.Namespace && known.Add(obj.Key)));
        selected.Sort((left, right) => left.Key.CompareTo(right.Key));
        return selected;
    }

    /// <summary>That a namespace is empty may only be said of the newest state: what is missed would be left behind.</summary>
    private async Task ReachNewestContentsAsync(CancellationToken cancellationToken)
    {
        foreach (var definition in registry.Stored.Where(definition => definition.Namespaced))
            await caches[definition].EnsureFreshAsync(Freshness.Latest, cancellationToken);
    }

    private async Task ReachNewestObjectsAsync(StoredObject crd, CancellationToken cancellationToken)
    {
        if (await resources.FindNewestAsync(DefinedObjects.ResourceOf(crd.Peek<V1CustomResourceDefinition>()), cancellationToken) is { } definition)
            await caches[definition].EnsureFreshAsync(Freshness.Latest, cancellationToken);
    }

    private IEnumerable<(ResourceName Resource, IReadOnlyList<StoredObject> Objects)> Defined(StoredObject crd) =>
        crd.IsDeleting && registry.Find(DefinedObjects.ResourceOf(crd.Peek<V1CustomResourceDefinition>())) is { } definition
            ? [(definition.Name, caches[definition].Select(ObjectFilter.All).Objects)]
            : [];

    private IEnumerable<(ResourceName Resource, IReadOnlyList<StoredObject> Objects)> Contents(string @namespace) =>
        registry.Stored.Where(definition => definition.Namespaced)
            .Select(definition => (definition.Name, (IReadOnlyList<StoredObject>)caches[definition].Select(ObjectFilter.InNamespace(@namespace)).Objects))
            .Where(contents => contents.Item2.Count > 0);
}
