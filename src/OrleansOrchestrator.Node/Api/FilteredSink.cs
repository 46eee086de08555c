using k8s;
using k8s.Models;

namespace OrleansOrchestrator.Node.Api;

/// <summary>Passes on the objects that meet a condition. One that no longer meets it is gone.</summary>
/// <param name="condition">The condition.</param>
/// <param name="sink">Receives the objects.</param>
internal sealed class FilteredSink<T>(Func<T, bool> condition, IObjectSink<T> sink) : IObjectSink<T> where T : IKubernetesObject<V1ObjectMeta>
{
    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<T> objects) => sink.Replace([.. objects.Where(condition)]);

    /// <inheritdoc/>
    public void Upsert(T obj)
    {
        if (condition(obj))
            sink.Upsert(obj);
        else
            sink.Delete(obj);
    }

    /// <inheritdoc/>
    public void Delete(T obj) => sink.Delete(obj);
}
