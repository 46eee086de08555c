namespace OrleansOrchestrator.Node.Api;

/// <summary>Receives what a <see cref="Reflector{T}"/> sees, one call at a time.</summary>
internal interface IObjectSink<T>
{
    /// <summary>All objects that exist now; whatever is not among them is gone.</summary>
    void Replace(IReadOnlyCollection<T> objects);

    /// <summary>The object was added or changed.</summary>
    void Upsert(T obj);

    /// <summary>The object is gone; this was its last state.</summary>
    void Delete(T obj);
}
