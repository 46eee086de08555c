using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Node.Api;

/// <summary>All objects of one kind as the node last saw them, by namespace and name.</summary>
/// <param name="changed">Called after every change, with the object; with null if any may have changed.</param>
internal class ObjectCatalog<T>(Action<ObjectKey?>? changed) : IObjectSink<T> where T : IKubernetesObject<V1ObjectMeta>
{
    private readonly ConcurrentDictionary<ObjectKey, T> _objects = new();

    /// <summary>Whether the objects have been listed once.</summary>
    public bool IsSynced { get; private set; }

    public ICollection<T> All => _objects.Values;

    public ICollection<ObjectKey> Keys => _objects.Keys;

    public void Replace(IReadOnlyCollection<T> objects)
    {
        var present = objects.Select(Key).ToHashSet();
        foreach (var gone in _objects.Keys.Where(key => !present.Contains(key)))
            _objects.TryRemove(gone, out _);
        foreach (var obj in objects)
            _objects[Key(obj)] = obj;
        IsSynced = true;
        changed?.Invoke(null);
    }

    public void Upsert(T obj)
    {
        _objects[Key(obj)] = obj;
        changed?.Invoke(Key(obj));
    }

    public void Delete(T obj)
    {
        _objects.TryRemove(Key(obj), out _);
        changed?.Invoke(Key(obj));
    }

    public T? Find(string ns, string name) => _objects.GetValueOrDefault(new ObjectKey(ns, name));

    private static ObjectKey Key(T obj) => new(obj.Metadata.NamespaceProperty, obj.Metadata.Name);
}
