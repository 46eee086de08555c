namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>The writer of an object as managed fields name it.</summary>
/// <param name="Manager">The field manager's name from the client.</param>
/// <param name="Subresource">The subresource of the write; empty for the object itself.</param>
/// <param name="Time">The time of the write.</param>
public readonly record struct FieldWriter(string Manager, string Subresource, DateTime Time);
