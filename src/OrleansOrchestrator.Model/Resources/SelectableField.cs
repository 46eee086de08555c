namespace OrleansOrchestrator.Model.Resources;

/// <summary>A field for field selectors. Its value is read from the stored JSON.</summary>
/// <param name="Path">The dotted path, which is also its name in a selector, such as <c>spec.nodeName</c>.</param>
/// <param name="Default">The value of objects without the field.</param>
/// <param name="Indexed">Whether caches index it, so that reads need no scan and watches that select by it are filed under it.</param>
public sealed record SelectableField(string Path, string Default = "", bool Indexed = false)
{
    /// <summary>The path of the value in the object, if it differs from the selector's name.</summary>
    public string JsonPath { get; init; } = Path;

    /// <summary>An older name of the field in selectors; null if there is none.</summary>
    public string? Alias { get; init; }

    /// <summary>The selectable field that supplies the value if this one is empty; null if there is none.</summary>
    public string? StandIn { get; init; }
}
