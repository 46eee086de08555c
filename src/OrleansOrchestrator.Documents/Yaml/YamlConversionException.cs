namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>A text is not YAML that can be JSON. The message names the line, as Kubernetes' clients know it.</summary>
public sealed class YamlConversionException(string message) : FormatException("error converting YAML to JSON: " + message)
{
    /// <summary>What is wrong with the text, without what it was to become.</summary>
    public string Problem { get; } = message;

    internal static YamlConversionException At(long line, string problem) => new($"yaml: line {line}: {problem}");
}
