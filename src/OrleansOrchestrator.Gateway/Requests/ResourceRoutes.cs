using System.Collections.Frozen;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Finds kinds by spans of a path, so that a request for a known kind allocates no strings for its route.</summary>
internal sealed class ResourceRoutes
{
    private readonly FrozenDictionary<string, FrozenDictionary<string, ResourceDefinition>>.AlternateLookup<ReadOnlySpan<char>> _byPrefix;

    public ResourceRoutes(ResourceRegistry registry)
    {
        _byPrefix = registry.All
            .GroupBy(definition => PrefixOf(definition.Group, definition.Version), StringComparer.Ordinal)
            .ToFrozenDictionary(
                group => group.Key,
                group => group.ToFrozenDictionary(definition => definition.Plural, StringComparer.Ordinal),
                StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Finds the kind of a resource under a prefix such as <c>apis/apps/v1</c>.</summary>
    public ResourceDefinition? Find(ReadOnlySpan<char> prefix, ReadOnlySpan<char> plural) =>
        _byPrefix.TryGetValue(prefix, out var kinds)
        && kinds.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(plural, out var definition)
            ? definition
            : null;

    /// <summary>The path of a group and version, without slashes at its ends.</summary>
    public static string PrefixOf(string group, string version) => group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
}
