namespace OrleansOrchestrator.Node.Api;

/// <summary>Hands the changes of one watch to several.</summary>
internal sealed class ObjectSinks<T>(params IObjectSink<T>[] sinks) : IObjectSink<T>
{
    public void Replace(IReadOnlyCollection<T> objects) => Array.ForEach(sinks, sink => sink.Replace(objects));

    public void Upsert(T obj) => Array.ForEach(sinks, sink => sink.Upsert(obj));

    public void Delete(T obj) => Array.ForEach(sinks, sink => sink.Delete(obj));
}
