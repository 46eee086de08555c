using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Model.FieldManagement;

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
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = ObjectCodec.DepthMax };

    /// <summary>Gives a new object to its creator.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="created">The object with its defaults; gets its managed fields.</param>
    /// <param name="creator">Who creates it.</param>
    public static void OnCreate(ResourceDefinition definition, KubeObject created, in FieldWriter creator)
    {
        var managed = ManagedFields.DecodeForUpdate(created.Metadata.ManagedFields, null);
        Record(definition, EmptyObject, created, managed, creator);
    }

    /// <summary>Gives the fields that an update changes to its writer.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="updated">The object with its defaults; gets its managed fields.</param>
    /// <param name="live">The present object.</param>
    /// <param name="liveEntries">The managed fields of the present object.</param>
    /// <param name="writer">Who updates it.</param>
    public static void OnUpdate(
        ResourceDefinition definition, KubeObject updated, ReadOnlyMemory<byte> live, IList<V1ManagedFieldsEntry>? liveEntries, in FieldWriter writer)
    {
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

        using var before = Parse(live);
        Record(definition, before.RootElement, updated, managed, writer);
    }

    /// <summary>Whether two versions of an object have the same managed fields, written at other times.</summary>
    public static bool DifferInTimeOnly(KubeObject updated, KubeObject current) =>
        ManagedFields.DifferInTimeOnly(updated.Metadata.ManagedFields, current.Metadata.ManagedFields);

    internal static JsonDocument Parse(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json, ReadOptions);

    private static void Record(
        ResourceDefinition definition, JsonElement before, KubeObject updated, ManagedFields managed, in FieldWriter writer)
    {
        updated.Metadata.ManagedFields = null;
        using var after = Parse(definition.Encode(updated));
        var difference = FieldComparison.Of(before, after.RootElement, definition.FieldSchema);
        var changed = OwnershipScope.Of(definition, writer.Subresource, difference.Changed);
        managed.Take(changed);
        managed.Take(difference.Removed);
        managed.RecordUpdate(writer.Manager, definition.ApiVersion, writer.Subresource, changed, writer.Time);
        updated.Metadata.ManagedFields = managed.Encode();
    }
}
