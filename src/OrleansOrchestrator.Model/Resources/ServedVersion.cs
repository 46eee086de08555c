using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// A version in which a resource is served: a group and version with a model of its own. A resource is stored, indexed,
/// defaulted and validated in one version only, its storage version; bodies in any other version are turned into that one as they
/// come in, and objects are turned back as they go out.
/// </summary>
public abstract class ServedVersion(ResourceDefinition definition)
{
    private string? _apiVersion;

    /// <summary>The kind.</summary>
    public ResourceDefinition Definition { get; } = definition;

    /// <summary>The API group; empty for core.</summary>
    public virtual string Group => Definition.Group;

    /// <summary>The version, as in <c>v1</c>.</summary>
    public virtual string Version => Definition.Version;

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => _apiVersion ??= Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Whether requests can speak it; a version that is not served still tells how objects are stored.</summary>
    public virtual bool IsServed => true;

    /// <summary>What whoever uses the version is warned of; null for nothing.</summary>
    public virtual string? DeprecationWarning => null;

    /// <summary>Whether strategic merge patches are understood, which takes a model that knows the keys of its lists.</summary>
    public virtual bool TakesStrategicMergePatches => true;

    /// <summary>The .NET type of the model in this version.</summary>
    public abstract Type ModelType { get; }

    /// <summary>The columns of its table; their cells are read from the storage version.</summary>
    public virtual IReadOnlyList<TableColumn> Columns => Definition.Columns;

    /// <summary>Reads an object in this version, leaving out what the version does not know.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public abstract KubeObject Decode(ReadOnlySpan<byte> json);

    /// <summary>The fields of a body that the version does not know, or that are given twice, in Kubernetes' words.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public virtual IReadOnlyList<string> FindUnknownFields(ReadOnlySpan<byte> json) => StrictFields.Find(json, ModelType);

    /// <summary>The object of this version in the storage version. It may share parts with the one it is made of.</summary>
    /// <exception cref="JsonException">A part that the version keeps as text is malformed.</exception>
    public abstract KubeObject ToStorage(KubeObject obj);

    /// <summary>A stored object in this version, as UTF-8 JSON.</summary>
    public abstract ReadOnlyMemory<byte> JsonOf(StoredObject obj);

    /// <summary>Gathers all faults of a new object that comes in this version. It is in the storage version by now.</summary>
    public virtual void Validate(KubeObject obj, FieldErrors errors) => Definition.Validate(obj, errors);

    /// <summary>Gathers the faults of a change that comes in this version. Both are in the storage version by now.</summary>
    public virtual void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors) =>
        Definition.ValidateUpdate(updated, current, errors);

    /// <summary>The storage version's name of a field that selectors can name in this version; null if they cannot.</summary>
    public virtual string? StorageField(string field)
    {
        if (field is "metadata.name" || (field is "metadata.namespace" && Definition.SelectsByNamespace))
            return field;
        foreach (var selectable in Definition.SelectableFields)
        {
            if (selectable.Path == field || selectable.Alias == field)
                return selectable.Path;
        }

        return null;
    }
}
