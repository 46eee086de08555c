namespace OrleansOrchestrator.Model.Codec;

/// <summary>A value of JSON is not what it is to be. The message is the one that Kubernetes answers.</summary>
internal sealed class ValueFormatException(string message) : FormatException(message);
