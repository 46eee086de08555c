using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// A form in which a resource is served: a group and version with a model of its own. A resource is stored, indexed,
/// defaulted and validated in one form only, its storage form; bodies in any other form are turned into that one as they
/// come in, and objects are turned back as they go out.
/// </summary>
public abstract class ResourceForm(ResourceDefinition definition)
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

    /// <summary>Whether requests can speak it; a form that is not served still tells how objects are stored.</summary>
    public virtual bool IsServed => true;

    /// <summary>What whoever uses the form is warned of; null for nothing.</summary>
    public virtual string? DeprecationWarning => null;

    /// <summary>Whether strategic merge patches are understood, which takes a model that knows the keys of its lists.</summary>
    public virtual bool TakesStrategicMergePatches => true;

    /// <summary>The .NET type of the model in this form.</summary>
    public abstract Type ModelType { get; }

    /// <summary>The columns of its table; their cells are read from the storage form.</summary>
    public virtual IReadOnlyList<TableColumn> Columns => Definition.Columns;

    /// <summary>Reads an object in this form, leaving out what the form does not know.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public abstract KubeObject Decode(ReadOnlySpan<byte> json);

    /// <summary>The fields of a body that the form does not know, or that are given twice, in Kubernetes' words.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public virtual IReadOnlyList<string> FindUnknownFields(ReadOnlySpan<byte> json) => StrictFields.Find(json, ModelType);

    /// <summary>The object of this form in the storage form. It may share parts with the one it is made of.</summary>
    /// <exception cref="JsonException">A part that the form keeps as text is malformed.</exception>
    public abstract KubeObject ToStorage(KubeObject obj);

    /// <summary>A stored object in this form, as UTF-8 JSON.</summary>
    public abstract ReadOnlyMemory<byte> JsonOf(StoredObject obj);

    /// <summary>Gathers all faults of a new object that comes in this form. It is in the storage form by now.</summary>
    public virtual void Validate(KubeObject obj, FieldErrors errors) => Definition.Validate(obj, errors);

    /// <summary>Gathers the faults of a change that comes in this form. Both are in the storage form by now.</summary>
    public virtual void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors) =>
        Definition.ValidateUpdate(updated, current, errors);

    /// <summary>The storage form's name of a field that selectors can name in this form; null if they cannot.</summary>
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
