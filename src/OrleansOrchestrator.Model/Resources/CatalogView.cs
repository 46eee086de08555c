namespace OrleansOrchestrator.Model.Resources;

/// <summary>A value derived from the catalog of a registry, recomputed when the catalog changes.</summary>
/// <typeparam name="T">The immutable derived value.</typeparam>
/// <param name="registry">The registry.</param>
/// <param name="derive">Computes the value from a catalog and the previous value, parts of which it may keep.</param>
public sealed class CatalogView<T>(ResourceRegistry registry, Func<ResourceCatalog, T?, T> derive)
    where T : class
{
    private readonly Lock _deriving = new();
    private volatile Derived? _derived;

    /// <summary>The value of the present catalog.</summary>
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
