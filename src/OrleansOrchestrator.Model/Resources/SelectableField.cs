namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// A field that field selectors can name. Its value is read from the stored JSON.
/// </summary>
/// <param name="Path">The dotted path, which is also its name in a selector, as in <c>spec.nodeName</c>.</param>
/// <param name="Default">The value of objects that do not have the field.</param>
/// <param name="Indexed">Whether caches find objects by it without a scan, and watches that name it are filed under it.</param>
public sealed record SelectableField(string Path, string Default = "", bool Indexed = false)
{
    /// <summary>Where the value is in the object, if the selector's name for it is not the path.</summary>
    public string JsonPath { get; init; } = Path;

    /// <summary>An older name that selectors may use for the field; null if there is none.</summary>
    public string? Alias { get; init; }

    /// <summary>The selectable field whose value stands in where this one is empty; null if none does.</summary>
    public string? StandIn { get; init; }
}
