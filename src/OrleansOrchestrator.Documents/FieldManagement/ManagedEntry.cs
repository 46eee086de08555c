using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>The fields of one manager: an entry of <c>metadata.managedFields</c>.</summary>
internal sealed record ManagedEntry
{
    public const string Apply = "Apply";
    public const string Update = "Update";
    private const string FieldsType = "FieldsV1";

    private V1ManagedFieldsEntry? _encoded;

    public required string Manager { get; init; }

    /// <summary>Whether the fields were applied; otherwise they were updated.</summary>
    public required bool IsApplied { get; init; }

    public required string ApiVersion { get; init; }

    public required string Subresource { get; init; }

    public DateTime? Time { get; init; }

    public required FieldSet Fields { get; init; }

    /// <summary>The manager's name in messages.</summary>
    public string Display
    {
        get
        {
            var text = Subresource.Length == 0 ? Quote(Manager) : $"{Quote(Manager)} with subresource {Quote(Subresource)}";
            return IsApplied ? text : $"{text} using {ApiVersion}";
        }
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="JsonException">The entry is malformed.</exception>
    public static ManagedEntry Decode(V1ManagedFieldsEntry entry)
    {
        if (entry.FieldsType != FieldsType)
            throw new JsonException($"invalid fieldsType \"{entry.FieldsType}\" in managed fields entry");
        return new ManagedEntry
        {
            Manager = entry.Manager ?? "",
            IsApplied = entry.Operation == Apply,
            ApiVersion = entry.ApiVersion ?? "",
            Subresource = entry.Subresource ?? "",
            Time = entry.Time,
            Fields = entry.FieldsV1 switch
            {
                null => FieldSet.Empty,
                FieldSet fields => fields,
                JsonElement json => FieldSetJson.Read(json),
                var other => throw new JsonException($"{other.GetType()} is no set of fields"),
            },
            _encoded = entry,
        };
    }

    /// <summary>The entry for the object: the original one if it has not changed.</summary>
    public V1ManagedFieldsEntry Encode() => _encoded ??= new V1ManagedFieldsEntry
    {
        Manager = Manager.Length == 0 ? null : Manager,
        Operation = IsApplied ? Apply : Update,
        ApiVersion = ApiVersion.Length == 0 ? null : ApiVersion,
        Subresource = Subresource.Length == 0 ? null : Subresource,
        Time = Time,
        FieldsType = FieldsType,
        FieldsV1 = Fields,
    };

    /// <summary>The same manager with other fields.</summary>
    public ManagedEntry With(FieldSet fields) => ReferenceEquals(fields, Fields) ? this : this with { Fields = fields, _encoded = null };

    /// <summary>The same manager with other fields, written at a time.</summary>
    public ManagedEntry With(FieldSet fields, DateTime time, string apiVersion) =>
        this with { Fields = fields, Time = time, ApiVersion = apiVersion, _encoded = null };

    /// <summary>Whether both have the same manager. An applier is the same manager in every version.</summary>
    public bool IsSameManager(ManagedEntry other) =>
        Manager == other.Manager && IsApplied == other.IsApplied && Subresource == other.Subresource
        && (IsApplied || ApiVersion == other.ApiVersion);

    private static string Quote(string text) => JsonSerializer.Serialize(text, ObjectCodec.Options);
}
