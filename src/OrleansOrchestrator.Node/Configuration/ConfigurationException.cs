namespace OrleansOrchestrator.Node.Configuration;

/// <summary>A container refers to something that does not exist; its start is tried again later.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
