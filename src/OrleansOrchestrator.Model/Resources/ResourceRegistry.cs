using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// The kinds that are served now: built-in ones and defined custom ones. All code in a process shares one registry, and sees a change
/// at once.
/// </summary>
/// <remarks>
/// Its content is one immutable <see cref="ResourceCatalog"/> that is replaced as a whole. Keep values derived from it, such as routes,
/// in a <see cref="CatalogView{T}"/>.
/// </remarks>
public sealed class ResourceRegistry
{
    private readonly IReadOnlyList<ResourceDefinition> _builtIn;
    private readonly Lock _swapping = new();
    private readonly WakeSignal _changed = new();
    private volatile ResourceCatalog _catalog;

    /// <summary>Builds a registry of the built-in kinds.</summary>
    public ResourceRegistry(IEnumerable<ResourceDefinition> builtIn)
    {
        _builtIn = [.. builtIn];
        _catalog = new ResourceCatalog(_builtIn);
    }

    /// <summary>The present catalog.</summary>
    public ResourceCatalog Catalog => _catalog;

    /// <inheritdoc cref="ResourceCatalog.All"/>
    public IReadOnlyList<ResourceDefinition> All => _catalog.All;

    /// <inheritdoc cref="ResourceCatalog.Stored"/>
    public IReadOnlyList<ResourceDefinition> Stored => _catalog.Stored;

    /// <inheritdoc cref="ResourceCatalog.Versions"/>
    public IReadOnlyList<ServedVersion> Versions => _catalog.Versions;

    /// <summary>The definition of a resource that must exist.</summary>
    /// <exception cref="KeyNotFoundException">It does not exist.</exception>
    public ResourceDefinition this[ResourceName name] => _catalog.Find(name) ?? throw new KeyNotFoundException($"there is no resource {name}");

    /// <inheritdoc cref="ResourceCatalog.Find(ResourceName)"/>
    public ResourceDefinition? Find(ResourceName name) => _catalog.Find(name);

    /// <inheritdoc cref="ResourceCatalog.Find(string, string, string)"/>
    public ServedVersion? Find(string group, string version, string plural) => _catalog.Find(group, version, plural);

    /// <inheritdoc cref="ResourceCatalog.FindKind"/>
    public ResourceDefinition? FindKind(string apiVersion, string kind) => _catalog.FindKind(apiVersion, kind);

    /// <inheritdoc cref="ResourceCatalog.HasGroupVersion"/>
    public bool HasGroupVersion(string group, string version) => _catalog.HasGroupVersion(group, version);

    /// <summary>A registry with the same built-in kinds, to which custom ones can be added.</summary>
    public ResourceRegistry Copy() => new(_builtIn);

    /// <summary>Replaces all custom kinds.</summary>
    public void SetCustom(IEnumerable<ResourceDefinition> custom)
    {
        lock (_swapping)
        {
            _catalog = new ResourceCatalog(_builtIn.Concat(custom));
            _changed.Wake();
        }
    }

    /// <summary>Waits until the catalog differs from the given one.</summary>
    public async Task WaitForChangeAsync(ResourceCatalog known, CancellationToken cancellationToken)
    {
        var changed = _changed.Next;
        if (ReferenceEquals(_catalog, known))
            await changed.WaitAsync(cancellationToken);
    }
}
