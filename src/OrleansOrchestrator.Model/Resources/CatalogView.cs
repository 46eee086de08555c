namespace OrleansOrchestrator.Model.Resources;

/// <summary>Something that is derived from the catalog of a registry, and derived anew when that changes.</summary>
/// <typeparam name="T">What is derived; immutable.</typeparam>
/// <param name="registry">The registry.</param>
/// <param name="derive">Derives it from a catalog and, for what can be kept, from what was derived of the previous one.</param>
public sealed class CatalogView<T>(ResourceRegistry registry, Func<ResourceCatalog, T?, T> derive)
    where T : class
{
    private readonly Lock _deriving = new();
    private volatile Derived? _derived;

    /// <summary>What belongs to the present catalog.</summary>
    public T Current
    {
        get
        {
            var derived = _derived;
            return derived is not null && ReferenceEquals(derived.Catalog, registry.Catalog) ? derived.Value : Derive();
        }
    }

    private T Derive()
    {
        lock (_deriving)
        {
            var catalog = registry.Catalog;
            if (_derived is not { } derived || !ReferenceEquals(derived.Catalog, catalog))
                _derived = derived = new Derived(catalog, derive(catalog, _derived?.Value));
            return derived.Value;
        }
    }

    private sealed record Derived(ResourceCatalog Catalog, T Value);
}
