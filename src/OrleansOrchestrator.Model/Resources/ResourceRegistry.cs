using System.Collections.Frozen;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>All kinds that are served, by name.</summary>
public sealed class ResourceRegistry
{
    private readonly FrozenDictionary<ResourceName, ResourceDefinition> _byName;
    private readonly FrozenDictionary<(string Group, string Version, string Plural), ResourceDefinition> _byPath;
    private readonly FrozenDictionary<(string ApiVersion, string Kind), ResourceDefinition> _byKind;

    /// <summary>Builds a registry of the given definitions.</summary>
    public ResourceRegistry(IEnumerable<ResourceDefinition> definitions)
    {
        All = [.. definitions.OrderBy(d => d.Group, StringComparer.Ordinal).ThenBy(d => d.Plural, StringComparer.Ordinal)];
        _byName = All.ToFrozenDictionary(d => d.Name);
        _byPath = All.ToFrozenDictionary(d => (d.Group, d.Version, d.Plural));
        _byKind = All.ToFrozenDictionary(d => (d.ApiVersion, d.Kind));
    }

    /// <summary>The kinds that this assembly defines: every definition in <c>Kinds/</c>.</summary>
    public static ResourceRegistry BuiltIn { get; } = new(
        typeof(ResourceRegistry).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ResourceDefinition)) && !type.IsAbstract)
            .Select(type => (ResourceDefinition)Activator.CreateInstance(type)!));

    /// <summary>All definitions, ordered by group and plural.</summary>
    public IReadOnlyList<ResourceDefinition> All { get; }

    /// <summary>Finds by plural and group.</summary>
    public ResourceDefinition? Find(ResourceName name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds by the parts of a request path.</summary>
    public ResourceDefinition? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    /// <summary>Finds by what an object says of itself.</summary>
    public ResourceDefinition? FindKind(string apiVersion, string kind) => _byKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>The definition of a name that must exist.</summary>
    /// <exception cref="KeyNotFoundException">It does not.</exception>
    public ResourceDefinition this[ResourceName name] => _byName[name];

    /// <summary>Whether a group has any kind in a version.</summary>
    public bool HasGroupVersion(string group, string version) => All.Any(d => d.Group == group && d.Version == version);
}
