using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Relations;

/// <summary>
/// The cluster's objects as a relation reads them for one reconciler. Lists are in key order. A resource that does not exist, such
/// as a deleted custom one, has no objects.
/// </summary>
public interface IObjectView
{
    /// <summary>The kind of the reconciler's primary objects.</summary>
    ResourceDefinition Primary { get; }

    /// <summary>All kinds whose objects are stored at present.</summary>
    IReadOnlyList<ResourceDefinition> StoredKinds { get; }

    /// <summary>The object of a key; null if there is none.</summary>
    KubeObject? Find(ResourceName resource, ObjectKey key);

    /// <summary>The keys in a namespace, or in all namespaces if it is empty.</summary>
    IEnumerable<ObjectKey> Keys(ResourceName resource, string @namespace);

    /// <summary>The objects in a namespace that a selector matches, or in all namespaces if it is empty.</summary>
    IEnumerable<KubeObject> Select(ResourceName resource, string @namespace, LabelSelector selector);

    /// <summary>The objects in a namespace that are wanted, judged before they are decoded.</summary>
    IEnumerable<KubeObject> Select(ResourceName resource, string @namespace, Func<StoredObject, bool> isWanted);

    /// <summary>The objects, in any namespace, whose indexed field has a value.</summary>
    IEnumerable<KubeObject> WithField(ResourceName resource, string field, string value);

    /// <summary>The objects that have a key in an index.</summary>
    IEnumerable<KubeObject> WithKey(KeyIndex index, ObjectKey key);

    /// <summary>The objects, in any namespace, that the owner of a uid controls.</summary>
    IEnumerable<KubeObject> ControlledBy(ResourceName resource, string uid);
}

/// <summary>Shorter forms of <see cref="IObjectView"/>'s methods.</summary>
public static class ObjectViewExtensions
{
    extension(IObjectView view)
    {
        /// <summary>All objects of a resource.</summary>
        public IEnumerable<KubeObject> All(ResourceName resource) => view.Select(resource, "", LabelSelector.Everything);

        /// <summary>The objects of a resource in a namespace.</summary>
        public IEnumerable<KubeObject> InNamespace(ResourceName resource, string @namespace) =>
            view.Select(resource, @namespace, LabelSelector.Everything);
    }
}
