namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>Whoever writes an object, as its managed fields name him.</summary>
/// <param name="Manager">The name that the client gave itself.</param>
/// <param name="Subresource">What is written through; empty for the object itself.</param>
/// <param name="Time">When.</param>
public readonly record struct FieldWriter(string Manager, string Subresource, DateTime Time);
