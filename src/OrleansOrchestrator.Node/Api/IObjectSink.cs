namespace OrleansOrchestrator.Node.Api;

/// <summary>Receives the objects of a <see cref="Reflector{T}"/>, one call at a time.</summary>
internal interface IObjectSink<T>
{
    /// <summary>Receives all present objects; all others are gone.</summary>
    void Replace(IReadOnlyCollection<T> objects);

    /// <summary>The object was added or changed.</summary>
    void Upsert(T obj);

    /// <summary>The object was deleted; this is its last state.</summary>
    void Delete(T obj);
}
