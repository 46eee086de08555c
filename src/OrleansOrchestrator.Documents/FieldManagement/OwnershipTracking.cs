using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// Maintains managed fields through creations and updates: a writer owns the fields that it changes, and loses those that others
/// change.
/// </summary>
/// <remarks>
/// As in Kubernetes, an object without managed fields stays without them through updates until the first apply; objects that clients
/// create have them from the beginning.
/// </remarks>
public static class OwnershipTracking
{
    internal static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);

    // The field sets of objects created in a version; they are released with it.
    private static readonly ConditionalWeakTable<ServedVersion, FieldSetCache> Created = [];
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = ObjectCodec.DepthMax };

    /// <summary>Sets the managed fields of a new object.</summary>
    /// <param name="version">The version that the creator used.</param>
    /// <param name="created">The object with its defaults, in the storage version; receives its managed fields.</param>
    /// <param name="creator">The creator.</param>
    public static void OnCreate(ServedVersion version, KubeObject created, in FieldWriter creator)
    {
        var managed = ManagedFields.DecodeForUpdate(created.Metadata.ManagedFields, null);
        var json = EncodeUnmanaged(version, created);

        // Only for an object without managers and conversion the field set depends on nothing but its outline.
        var isPlain = managed.IsEmpty && version == version.Definition.Storage && creator.Subresource.Length == 0;
        var fields = isPlain
            ? Created.GetOrCreateValue(version).FieldsOf(json, unknown => TakeChanged(version, EmptyObject, unknown, managed, ""))
            : TakeChanged(version, EmptyObject, json, managed, creator.Subresource);
        Give(version, created, managed, fields, creator);
    }

    /// <summary>Assigns the fields that an update changes to its writer.</summary>
    /// <param name="version">The version that the writer used.</param>
    /// <param name="updated">The object with its defaults, in the storage version; receives its managed fields.</param>
    /// <param name="current">The present object.</param>
    /// <param name="writer">The writer.</param>
    public static void OnUpdate(ServedVersion version, KubeObject updated, StoredObject current, in FieldWriter writer)
    {
        var liveEntries = current.SharedModel().Metadata.ManagedFields;
        if (updated.Metadata.ManagedFields is null && liveEntries is null)
            return;
        var managed = writer.Subresource.Length > 0
            ? ManagedFields.Decode(liveEntries)
            : ManagedFields.DecodeForUpdate(updated.Metadata.ManagedFields, liveEntries);
        if (managed.IsEmpty)
        {
            updated.Metadata.ManagedFields = null;
            return;
        }

        // A shared spec has no differences. Another version needs the whole object for conversion.
        var leavesOutSpec = version.Definition.SharesSpec(updated, current) && version == version.Definition.Storage
            && managed.Entries.All(entry => entry.ApiVersion == version.ApiVersion);
        using var before = Parse(leavesOutSpec ? current.WithoutSpec() : version.Definition.Storage.JsonOf(current));
        var changed = TakeChanged(version, before.RootElement, EncodeUnmanaged(version, updated, leavesOutSpec), managed, writer.Subresource);
        Give(version, updated, managed, changed, writer);
    }

    /// <summary>Whether two versions of an object have equal managed fields apart from times.</summary>
    public static bool DifferInTimeOnly(KubeObject updated, KubeObject current) =>
        ManagedFields.DifferInTimeOnly(updated.Metadata.ManagedFields, current.Metadata.ManagedFields);

    internal static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json, ReadOptions);

    private static byte[] EncodeUnmanaged(ServedVersion version, KubeObject obj, bool leavesOutSpec = false)
    {
        obj.Metadata.ManagedFields = null;
        return leavesOutSpec ? version.Definition.EncodeWithoutSpec(obj) : version.Definition.Encode(obj);
    }

    /// <summary>Takes the changed fields from their owners.</summary>
    /// <returns>The fields that the write added or changed.</returns>
    private static FieldSet TakeChanged(
        ServedVersion version, JsonElement before, ReadOnlyMemory<byte> json, ManagedFields managed, string subresource)
    {
        using var after = Parse(json);
        using var differences = new VersionedDifferences(version.Definition.Storage, before, after.RootElement, subresource);
        managed.Take(differences);
        return differences.In(version.ApiVersion)!.Value.Changed;
    }

    private static void Give(ServedVersion version, KubeObject obj, ManagedFields managed, FieldSet changed, in FieldWriter writer)
    {
        managed.RecordUpdate(writer.Manager, version.ApiVersion, writer.Subresource, changed, writer.Time);
        obj.Metadata.ManagedFields = managed.Encode();
    }
}
