namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// A field that field selectors can name. Its value is read from the stored JSON and indexed by the watch caches.
/// </summary>
/// <param name="Path">The dotted path, which is also its name in a selector, as in <c>spec.nodeName</c>.</param>
/// <param name="Default">The value of objects that do not have the field.</param>
public sealed record SelectableField(string Path, string Default = "");
