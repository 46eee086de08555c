namespace OrleansOrchestrator.Storage.Log;

/// <summary>The current state of one object, as it is stored.</summary>
/// <param name="Namespace">The namespace; empty for cluster-scoped objects.</param>
/// <param name="Name">The name.</param>
/// <param name="Revision">The revision of the change that wrote it.</param>
/// <param name="Value">The object as UTF-8 JSON, resourceVersion included.</param>
public sealed record LogObject(string Namespace, string Name, long Revision, ReadOnlyMemory<byte> Value);
