using System.Collections.Frozen;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>All kinds served at one moment, by name. Immutable: a new catalog replaces it when a custom kind comes or goes.</summary>
public sealed class ResourceCatalog
{
    private readonly FrozenDictionary<ResourceName, ResourceDefinition> _byName;
    private readonly FrozenDictionary<(string Group, string Version, string Plural), ServedVersion> _byPath;
    private readonly FrozenDictionary<(string ApiVersion, string Kind), ResourceDefinition> _byKind;

    /// <summary>Builds a catalog of the given definitions.</summary>
    public ResourceCatalog(IEnumerable<ResourceDefinition> definitions)
    {
        All = [.. definitions.OrderBy(d => d.Group, StringComparer.Ordinal).ThenBy(d => d.Plural, StringComparer.Ordinal)];
        Stored = [.. All.Where(d => d.IsStored)];
        _byName = All.ToFrozenDictionary(d => d.Name);
        Versions = [.. All.SelectMany(d => d.Versions)
            .Where(served => served.IsServed)
            .OrderBy(served => served.Group, StringComparer.Ordinal)
            .ThenBy(served => served.Definition.Plural, StringComparer.Ordinal)];
        _byPath = Versions.ToFrozenDictionary(served => (served.Group, served.Version, served.Definition.Plural));
        _byKind = Versions.ToFrozenDictionary(served => (served.ApiVersion, served.Definition.Kind), served => served.Definition);
    }

    /// <summary>All definitions, ordered by group and plural.</summary>
    public IReadOnlyList<ResourceDefinition> All { get; }

    /// <summary>The definitions of all kinds whose objects are stored, ordered by group and plural.</summary>
    public IReadOnlyList<ResourceDefinition> Stored { get; }

    /// <summary>All served versions of all definitions, ordered by group and plural.</summary>
    public IReadOnlyList<ServedVersion> Versions { get; }

    /// <summary>Finds a kind by plural and storage group.</summary>
    public ResourceDefinition? Find(ResourceName name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds a version by the parts of a request path.</summary>
    public ServedVersion? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    /// <summary>Finds a kind by an object's apiVersion and kind.</summary>
    public ResourceDefinition? FindKind(string apiVersion, string kind) => _byKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>Whether a group has any kind in a version.</summary>
    public bool HasGroupVersion(string group, string version) => Versions.Any(served => served.Group == group && served.Version == version);
}
