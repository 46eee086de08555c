namespace OrleansOrchestrator.Storage;

/// <summary>
/// The store cannot be used as it is configured, and waiting does not help: the file belongs to another process, is damaged or
/// cannot be written, or the database cannot take the schema. The message is one line for the operator and ends the start.
/// </summary>
public sealed class StoreUnusableException(string message, Exception? innerException = null) : Exception(message, innerException);
