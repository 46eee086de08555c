namespace OrleansOrchestrator.Storage;

/// <summary>
/// The store cannot be used as configured, and waiting does not help: another process has the file, it is damaged or cannot be written,
/// or the database cannot take the schema. The message is one line for the operator and ends the start.
/// </summary>
public sealed class StoreUnusableException(string message, Exception? innerException = null) : Exception(message, innerException);
