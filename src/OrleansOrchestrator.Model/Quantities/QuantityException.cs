namespace OrleansOrchestrator.Model.Quantities;

/// <summary>A text is not a quantity. The message is the one that Kubernetes answers.</summary>
public sealed class QuantityException(string message) : FormatException(message);
