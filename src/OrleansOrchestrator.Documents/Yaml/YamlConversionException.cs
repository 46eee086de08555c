namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>A text is not YAML that JSON can represent. The message names the line in the words of Kubernetes' clients.</summary>
public sealed class YamlConversionException(string message) : FormatException("error converting YAML to JSON: " + message)
{
    /// <summary>The fault of the text, without the prefix about JSON.</summary>
    public string Problem { get; } = message;

    internal static YamlConversionException At(long line, string problem) => new($"yaml: line {line}: {problem}");
}
