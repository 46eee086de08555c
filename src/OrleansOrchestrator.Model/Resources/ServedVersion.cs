using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// A served version of a resource: a group and version with a model of its own. A resource is stored, indexed, defaulted and validated
/// in one version only, its storage version. Bodies in other versions are converted to it on input, and objects are converted back on
/// output.
/// </summary>
public abstract class ServedVersion(ResourceDefinition definition)
{
    private string? _apiVersion;

    /// <summary>The kind.</summary>
    public ResourceDefinition Definition { get; } = definition;

    /// <summary>The API group; empty for core.</summary>
    public virtual string Group => Definition.Group;

    /// <summary>The version, such as <c>v1</c>.</summary>
    public virtual string Version => Definition.Version;

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => _apiVersion ??= Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Whether requests can use it; a version that is not served may still be the version of stored objects.</summary>
    public virtual bool IsServed => true;

    /// <summary>The deprecation warning of the version; null for none.</summary>
    public virtual string? DeprecationWarning => null;

    /// <summary>Whether strategic merge patches are supported, which needs a model with list keys.</summary>
    public virtual bool TakesStrategicMergePatches => true;

    /// <summary>The .NET type of the model in this version.</summary>
    public abstract Type ModelType { get; }

    /// <summary>The columns of its table; their cells are read from the storage version.</summary>
    public virtual IReadOnlyList<TableColumn> Columns => Definition.Columns;

    /// <summary>Decodes an object of this version and drops unknown fields.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public abstract KubeObject Decode(ReadOnlySpan<byte> json);

    /// <summary>The unknown and duplicate fields of a body, in Kubernetes' words.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public virtual IReadOnlyList<string> FindUnknownFields(ReadOnlySpan<byte> json) => StrictFields.Find(json, ModelType);

    /// <summary>Converts an object of this version to the storage version. The result may share parts with it.</summary>
    /// <exception cref="JsonException">A part that the version stores as text is malformed.</exception>
    public abstract KubeObject ToStorage(KubeObject obj);

    /// <summary>A stored object in this version, as UTF-8 JSON.</summary>
    public abstract ReadOnlyMemory<byte> JsonOf(StoredObject obj);

    /// <summary>Validates a new object of this version, already in the storage version.</summary>
    public virtual void Validate(KubeObject obj, FieldErrors errors) => Definition.Validate(obj, errors);

    /// <summary>Validates a change in this version, with both objects already in the storage version.</summary>
    public virtual void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors) =>
        Definition.ValidateUpdate(updated, current, errors);

    /// <summary>The storage version's name of a selectable field of this version; null if it is not selectable.</summary>
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
