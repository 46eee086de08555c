namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The store cannot answer at the moment: its database is away, or it is moving to another silo. Nothing happened.</summary>
[GenerateSerializer, Alias("StoreUnavailableException")]
internal sealed class StoreUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
