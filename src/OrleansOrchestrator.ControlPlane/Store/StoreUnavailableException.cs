namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The store cannot answer at the moment: its database is away, or it is moving to another silo. Nothing happened.</summary>
/// <remarks>It travels between silos, which know nothing of the database's exceptions: the message says it all.</remarks>
[GenerateSerializer, Alias("StoreUnavailableException")]
internal sealed class StoreUnavailableException(string message) : Exception(message);
