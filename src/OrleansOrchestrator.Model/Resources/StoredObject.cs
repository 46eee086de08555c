using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// One version of an object as stored and served: its JSON, and what the server needs to order, index and select it, read in one pass
/// without building the model. Immutable and shared by the whole process.
/// </summary>
public sealed class StoredObject
{
    // Keeps the decoded model while several controllers use the same version, and not longer. Made at the first use: each costs the collector a
    // handle and a finalizer, and most versions of leases and events are never decoded.
    private WeakReference<KubeObject>? _decoded;
    private readonly Range _spec;

    internal StoredObject(ResourceDefinition definition, ReadOnlyMemory<byte> json, ObjectHeader header)
    {
        Definition = definition;
        Json = json;
        Key = new ObjectKey(header.Namespace, header.Name);
        Revision = header.Revision;
        Uid = header.Uid;
        Labels = header.Labels;
        Fields = header.Fields;
        OwnerUids = header.OwnerUids;
        ControllerUid = header.ControllerUid;
        IsDeleting = header.IsDeleting;
        HasFinalizers = header.HasFinalizers;
        _spec = header.Spec;
    }

    /// <summary>The object's kind.</summary>
    public ResourceDefinition Definition { get; }

    /// <summary>The object as UTF-8 JSON, resourceVersion included.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Namespace and name.</summary>
    public ObjectKey Key { get; }

    /// <summary>The revision that wrote this version.</summary>
    public long Revision { get; }

    /// <summary><c>metadata.uid</c>.</summary>
    public string Uid { get; }

    /// <summary><c>metadata.labels</c>.</summary>
    public LabelSet Labels { get; }

    /// <summary>The values of <see cref="ResourceDefinition.SelectableFields"/>, in their order.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>The uids of all owner references.</summary>
    public IReadOnlyList<string> OwnerUids { get; }

    /// <summary>The uid of the controlling owner; null if there is none.</summary>
    public string? ControllerUid { get; }

    /// <summary>Whether it has a deletion timestamp.</summary>
    public bool IsDeleting { get; }

    /// <summary>Whether it has finalizers.</summary>
    public bool HasFinalizers { get; }

    /// <summary>The encoded member <c>spec</c> with its name; empty if there is none.</summary>
    public ReadOnlySpan<byte> SpecJson => Json.Span[_spec];

    /// <summary>The object as UTF-8 JSON without its spec.</summary>
    public byte[] WithoutSpec()
    {
        var json = Json.Span;
        var (start, end) = (_spec.Start.Value, _spec.End.Value);
        if (end == 0)
            return json.ToArray();

        // Removes a comma with it: the following one, or for the last member the preceding one.
        if (json[end] == ',')
            end++;
        else if (json[start - 1] == ',')
            start--;
        return [.. json[..start], .. json[end..]];
    }

    /// <summary>Reads a stored object.</summary>
    /// <exception cref="System.Text.Json.JsonException">The JSON is malformed.</exception>
    public static StoredObject Read(ResourceDefinition definition, ReadOnlyMemory<byte> json) =>
        new(definition, json, ObjectHeader.Read(json.Span, definition));

    /// <summary>The object read by a definition if that supersedes its own.</summary>
    public StoredObject ReadBy(ResourceDefinition definition) => definition.Supersedes(Definition) ? Read(definition, Json) : this;

    /// <summary>The value of a selectable field; null if the kind has no such field.</summary>
    public string? Field(string path)
    {
        switch (path)
        {
            case "metadata.name":
                return Key.Name;
            case "metadata.namespace":
                return Key.Namespace;
        }

        var fields = Definition.SelectableFields;
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Path == path)
                return Fields[i];
        }

        return null;
    }

    /// <summary>Whether two versions are equal for every selector.</summary>
    public bool SelectsLike(StoredObject other) => Labels.Equals(other.Labels) && Fields.SequenceEqual(other.Fields, StringComparer.Ordinal);

    /// <summary>The owner reference of the controller; null if there is none.</summary>
    public ControllerReference? ReadController() => ControllerUid is null ? null : ControllerReference.Read(Json.Span);

    /// <summary>The shared model; read only.</summary>
    public KubeObject SharedModel()
    {
        var known = Volatile.Read(ref _decoded);
        if (known is not null && known.TryGetTarget(out var decoded))
            return decoded;
        decoded = Decode();
        if (known is not null)
            known.SetTarget(decoded);
        else
            Volatile.Write(ref _decoded, new WeakReference<KubeObject>(decoded));
        return decoded;
    }

    /// <summary>The shared model; read only.</summary>
    public T SharedModel<T>()
        where T : class, KubeObject => (T)SharedModel();

    /// <summary>A model of the caller's own, which may be changed.</summary>
    public KubeObject Decode() => Definition.Decode(Json.Span);
}
