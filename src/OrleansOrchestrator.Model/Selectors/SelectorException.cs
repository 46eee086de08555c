namespace OrleansOrchestrator.Model.Selectors;

/// <summary>A label or field selector is malformed. The message is Kubernetes'.</summary>
public sealed class SelectorException(string message) : FormatException(message);
