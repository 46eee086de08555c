namespace OrleansOrchestrator.Model.Codec;

/// <summary>A JSON value has a wrong type or format. The message is Kubernetes'.</summary>
internal sealed class ValueFormatException(string message) : FormatException(message);
