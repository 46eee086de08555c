using System.Globalization;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>A duplicate field.</summary>
/// <param name="Path">The path, such as <c>spec.containers[0].image</c>; only the name for YAML.</param>
/// <param name="Name">Its name.</param>
/// <param name="Line">The line of the second occurrence, from 1.</param>
public readonly record struct DuplicateField(string Path, string Name, int Line)
{
    /// <summary>The fault's text for JSON.</summary>
    public string JsonText => $"duplicate field \"{Path}\"";

    /// <summary>The fault's text for YAML.</summary>
    public string YamlText => string.Create(CultureInfo.InvariantCulture, $"line {Line}: key {GoSyntax.Quote(Name)} already set in map");
}
