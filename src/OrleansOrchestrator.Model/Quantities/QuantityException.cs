namespace OrleansOrchestrator.Model.Quantities;

/// <summary>A text is not a quantity. The message is Kubernetes'.</summary>
public sealed class QuantityException(string message) : FormatException(message);
