using System.Collections.Frozen;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The target of an API path.</summary>
/// <param name="ServedVersion">The version of the kind.</param>
/// <param name="Subresources">The kind's subresources in the order of their names.</param>
internal sealed record ResourceRoute(ServedVersion ServedVersion, IReadOnlyList<SubresourceDeclaration> Subresources)
{
    /// <summary>Finds a subresource of the kind; null if there is none of that name.</summary>
    public SubresourceDeclaration? FindSubresource(ReadOnlySpan<char> name)
    {
        foreach (var subresource in Subresources)
        {
            if (name.SequenceEqual(subresource.Name))
                return subresource;
        }

        return null;
    }
}

/// <summary>Finds kinds by spans of a path, so that a request for a known kind allocates no strings for its route.</summary>
internal sealed class ResourceRoutes
{
    private readonly CatalogView<Table> _table;

    public ResourceRoutes(ResourceRegistry registry, IEnumerable<SubresourceDeclaration> subresources)
    {
        SubresourceDeclaration[] all = [.. subresources.OrderBy(subresource => subresource.Name, StringComparer.Ordinal)];
        _table = new CatalogView<Table>(registry, (catalog, _) => new Table(catalog, all));
    }

    /// <summary>All routes of the present catalog.</summary>
    public IReadOnlyList<ResourceRoute> All => _table.Current.All;

    /// <summary>Finds a resource's route under a prefix such as <c>apis/apps/v1</c>.</summary>
    public ResourceRoute? Find(ReadOnlySpan<char> prefix, ReadOnlySpan<char> plural) =>
        _table.Current.ByPrefix.TryGetValue(prefix, out var kinds)
        && kinds.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(plural, out var route)
            ? route
            : null;

    /// <summary>The path of a group and version, without slashes at its ends.</summary>
    public static string PrefixOf(string group, string version) => group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";

    private sealed class Table
    {
        public Table(ResourceCatalog catalog, IReadOnlyList<SubresourceDeclaration> subresources)
        {
            All = [.. catalog.Versions.Select(served => new ResourceRoute(served, [.. subresources.Where(subresource => subresource.Serves(served.Definition))]))];
            ByPrefix = All
                .GroupBy(route => PrefixOf(route.ServedVersion.Group, route.ServedVersion.Version), StringComparer.Ordinal)
                .ToFrozenDictionary(
                    group => group.Key,
                    group => group.ToFrozenDictionary(route => route.ServedVersion.Definition.Plural, StringComparer.Ordinal),
                    StringComparer.Ordinal)
                .GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public IReadOnlyList<ResourceRoute> All { get; }

        public FrozenDictionary<string, FrozenDictionary<string, ResourceRoute>>.AlternateLookup<ReadOnlySpan<char>> ByPrefix { get; }
    }
}
