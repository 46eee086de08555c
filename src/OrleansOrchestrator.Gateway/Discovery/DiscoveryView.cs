using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>The present discovery documents: made anew when the catalog changes, or what other servers have.</summary>
internal sealed class DiscoveryView(ResourceRegistry registry, ResourceRoutes routes, ServerExplorer explorer)
{
    private readonly Lock _making = new();
    private volatile Made? _made;

    /// <summary>The documents.</summary>
    public DiscoveryDocuments Current => _made is { } made && made.IsOf(registry.Catalog, explorer.Current) ? made.Documents : Make();

    private DiscoveryDocuments Make()
    {
        lock (_making)
        {
            var (catalog, others) = (registry.Catalog, explorer.Current);
            if (_made is not { } made || !made.IsOf(catalog, others))
                _made = made = new Made(catalog, others, new DiscoveryDocuments(routes.All, others));
            return made.Documents;
        }
    }

    private sealed record Made(ResourceCatalog Catalog, ServerDescriptions Others, DiscoveryDocuments Documents)
    {
        public bool IsOf(ResourceCatalog catalog, ServerDescriptions others) => ReferenceEquals(Catalog, catalog) && ReferenceEquals(Others, others);
    }
}
