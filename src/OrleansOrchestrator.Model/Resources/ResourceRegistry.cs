using System.Collections.Frozen;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>All kinds that are served, by name.</summary>
public sealed class ResourceRegistry
{
    private readonly FrozenDictionary<ResourceName, ResourceDefinition> _byName;
    private readonly FrozenDictionary<(string Group, string Version, string Plural), ResourceForm> _byPath;
    private readonly FrozenDictionary<(string ApiVersion, string Kind), ResourceDefinition> _byKind;

    /// <summary>Builds a registry of the given definitions.</summary>
    public ResourceRegistry(IEnumerable<ResourceDefinition> definitions)
    {
        All = [.. definitions.OrderBy(d => d.Group, StringComparer.Ordinal).ThenBy(d => d.Plural, StringComparer.Ordinal)];
        _byName = All.ToFrozenDictionary(d => d.Name);
        Forms = [.. All.SelectMany(d => d.Forms)
            .OrderBy(form => form.Group, StringComparer.Ordinal)
            .ThenBy(form => form.Definition.Plural, StringComparer.Ordinal)];
        _byPath = Forms.ToFrozenDictionary(form => (form.Group, form.Version, form.Definition.Plural));
        _byKind = Forms.ToFrozenDictionary(form => (form.ApiVersion, form.Definition.Kind), form => form.Definition);
    }

    /// <summary>The kinds that this assembly defines: every definition in <c>Kinds/</c>.</summary>
    public static ResourceRegistry BuiltIn { get; } = new(
        typeof(ResourceRegistry).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ResourceDefinition)) && !type.IsAbstract)
            .Select(type => (ResourceDefinition)Activator.CreateInstance(type)!));

    /// <summary>All definitions, ordered by group and plural.</summary>
    public IReadOnlyList<ResourceDefinition> All { get; }

    /// <summary>All forms of all definitions, ordered by group and plural.</summary>
    public IReadOnlyList<ResourceForm> Forms { get; }

    /// <summary>Finds by plural and the group in which it is stored.</summary>
    public ResourceDefinition? Find(ResourceName name) => _byName.GetValueOrDefault(name);

    /// <summary>Finds by the parts of a request path.</summary>
    public ResourceForm? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    /// <summary>Finds by what an object says of itself.</summary>
    public ResourceDefinition? FindKind(string apiVersion, string kind) => _byKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>The definition of a name that must exist.</summary>
    /// <exception cref="KeyNotFoundException">It does not.</exception>
    public ResourceDefinition this[ResourceName name] => _byName[name];

    /// <summary>Whether a group has any kind in a version.</summary>
    public bool HasGroupVersion(string group, string version) => Forms.Any(form => form.Group == group && form.Version == version);
}
