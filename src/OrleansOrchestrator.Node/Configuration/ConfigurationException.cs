namespace OrleansOrchestrator.Node.Configuration;

/// <summary>A container refers to something that does not exist. Its start is retried later.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
