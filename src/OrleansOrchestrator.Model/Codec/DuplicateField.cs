using System.Globalization;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>A field that is given more than once.</summary>
/// <param name="Path">Its path, as in <c>spec.containers[0].image</c>; of YAML its name only.</param>
/// <param name="Name">Its name.</param>
/// <param name="Line">The line of the later one; the first is 1.</param>
public readonly record struct DuplicateField(string Path, string Name, int Line)
{
    /// <summary>The fault as it is told of JSON.</summary>
    public string JsonText => $"duplicate field \"{Path}\"";

    /// <summary>The fault as it is told of YAML.</summary>
    public string YamlText => string.Create(CultureInfo.InvariantCulture, $"line {Line}: key {GoSyntax.Quote(Name)} already set in map");
}
