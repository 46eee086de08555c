using System.Collections.Frozen;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Finds the forms of kinds by spans of a path, so that a request for a known kind allocates no strings for its route.</summary>
internal sealed class ResourceRoutes
{
    private readonly CatalogView<Table> _table;

    public ResourceRoutes(ResourceRegistry registry) => _table = new CatalogView<Table>(registry, static (catalog, _) => new Table(catalog));

    /// <summary>Finds the form of a resource under a prefix such as <c>apis/apps/v1</c>.</summary>
    public ResourceForm? Find(ReadOnlySpan<char> prefix, ReadOnlySpan<char> plural) =>
        _table.Current.ByPrefix.TryGetValue(prefix, out var kinds)
        && kinds.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(plural, out var form)
            ? form
            : null;

    /// <summary>The path of a group and version, without slashes at its ends.</summary>
    public static string PrefixOf(string group, string version) => group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";

    private sealed class Table(ResourceCatalog catalog)
    {
        public FrozenDictionary<string, FrozenDictionary<string, ResourceForm>>.AlternateLookup<ReadOnlySpan<char>> ByPrefix { get; } = catalog.Forms
            .GroupBy(form => PrefixOf(form.Group, form.Version), StringComparer.Ordinal)
            .ToFrozenDictionary(
                group => group.Key,
                group => group.ToFrozenDictionary(form => form.Definition.Plural, StringComparer.Ordinal),
                StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }
}
