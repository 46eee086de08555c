using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// Keeps the managed fields of objects right through creations and updates: who changes a field owns it, and nobody else
/// who only says another value.
/// </summary>
/// <remarks>
/// As in Kubernetes an object without managed fields stays so through updates, until somebody applies to it; objects that
/// clients create have some from the beginning.
/// </remarks>
public static class OwnershipTracking
{
    internal static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);

    // The fields of objects that were created in a version; they go with it.
    private static readonly ConditionalWeakTable<ServedVersion, FieldSetCache> Created = [];
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = ObjectCodec.DepthMax };

    /// <summary>Gives a new object to its creator.</summary>
    /// <param name="version">The version in which the creator speaks of it.</param>
    /// <param name="created">The object with its defaults, in the storage version; gets its managed fields.</param>
    /// <param name="creator">Who creates it.</param>
    public static void OnCreate(ServedVersion version, KubeObject created, in FieldWriter creator)
    {
        var managed = ManagedFields.DecodeForUpdate(created.Metadata.ManagedFields, null);
        var json = EncodeUnmanaged(version, created);

        // Only what nobody owns yet, and is not converted, depends on nothing but its outline.
        var isPlain = managed.IsEmpty && version == version.Definition.Storage && creator.Subresource.Length == 0;
        var fields = isPlain
            ? Created.GetOrCreateValue(version).FieldsOf(json, unknown => TakeChanged(version, EmptyObject, unknown, managed, ""))
            : TakeChanged(version, EmptyObject, json, managed, creator.Subresource);
        Give(version, created, managed, fields, creator);
    }

    /// <summary>Gives the fields that an update changes to its writer.</summary>
    /// <param name="version">The version in which the writer speaks of it.</param>
    /// <param name="updated">The object with its defaults, in the storage version; gets its managed fields.</param>
    /// <param name="current">The present object.</param>
    /// <param name="writer">Who updates it.</param>
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

        // A shared spec has no differences. What is converted to another version is converted whole.
        var leavesOutSpec = version.Definition.SharesSpec(updated, current) && version == version.Definition.Storage
            && managed.Entries.All(entry => entry.ApiVersion == version.ApiVersion);
        using var before = Parse(leavesOutSpec ? current.WithoutSpec() : version.Definition.Storage.JsonOf(current));
        var changed = TakeChanged(version, before.RootElement, EncodeUnmanaged(version, updated, leavesOutSpec), managed, writer.Subresource);
        Give(version, updated, managed, changed, writer);
    }

    /// <summary>Whether two versions of an object have the same managed fields, written at other times.</summary>
    public static bool DifferInTimeOnly(KubeObject updated, KubeObject current) =>
        ManagedFields.DifferInTimeOnly(updated.Metadata.ManagedFields, current.Metadata.ManagedFields);

    internal static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json, ReadOptions);

    private static byte[] EncodeUnmanaged(ServedVersion version, KubeObject obj, bool leavesOutSpec = false)
    {
        obj.Metadata.ManagedFields = null;
        return leavesOutSpec ? version.Definition.EncodeWithoutSpec(obj) : version.Definition.Encode(obj);
    }

    /// <summary>Takes what a write changes from its owners.</summary>
    /// <returns>The fields that it added or gave another value.</returns>
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
