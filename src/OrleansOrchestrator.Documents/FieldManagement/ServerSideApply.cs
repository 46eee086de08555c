using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// Server-side apply: merges a configuration into the live object, makes the applier the owner of its fields, removes fields that the
/// applier applied before and no longer does, and refuses to change fields of other managers.
/// </summary>
/// <remarks>See "Server-Side Apply" in the Kubernetes documentation, and KEP-555.</remarks>
public static class ServerSideApply
{
    /// <summary>The manager of the fields that existed before the first apply to an object without managed fields.</summary>
    private const string BeforeFirstApply = "before-first-apply";

    /// <summary>Applies a configuration.</summary>
    /// <param name="version">The version of the configuration.</param>
    /// <param name="live">The present object in that version; null if there is none.</param>
    /// <param name="configuration">The configuration.</param>
    /// <param name="applier">The applier.</param>
    /// <param name="force">Whether to take fields from other managers.</param>
    /// <exception cref="ApiException">409: other managers own fields that would change; 400 or 500: the configuration is not of this
    /// kind.</exception>
    public static AppliedObject Apply(
        ServedVersion version, ReadOnlyMemory<byte>? live, ApplyConfiguration configuration, in FieldWriter applier, bool force)
    {
        using var document = live is { } json ? OwnershipTracking.Parse(json) : null;
        var present = document?.RootElement ?? OwnershipTracking.EmptyObject;
        var managed = ManagedFields.Decode(EntriesOf(present));
        if (managed.IsEmpty && document is not null)
            RecordPast(version, present, managed, applier);

        var wanted = new ManagedEntry
        {
            Manager = applier.Manager,
            IsApplied = true,
            ApiVersion = version.ApiVersion,
            Subresource = applier.Subresource,
            Time = applier.Time,
            Fields = OwnershipScope.Of(version.Definition, applier.Subresource, configuration.Fields),
        };
        var earlier = managed.Find(wanted);
        var merged = Merge(version, present, configuration, managed, earlier, wanted);
        using var after = OwnershipTracking.Parse(merged);
        using var differences = new VersionedDifferences(version, present, after.RootElement, applier.Subresource);
        if (!force)
            CheckConflicts(managed, wanted, differences, present, ModelFieldSchemas.Of(version));

        managed.Take(differences, except: wanted);
        var difference = differences.In(version.ApiVersion)!.Value;
        var isUnchanged = difference.IsEmpty && earlier is not null && earlier.Fields.Equals(wanted.Fields) && earlier.ApiVersion == wanted.ApiVersion;
        managed.Set(isUnchanged ? earlier! : wanted);
        var lastApplied = applier.Manager == LastApplied.KubectlManager && !string.IsNullOrEmpty(LastApplied.Of(after.RootElement))
            ? LastApplied.TextFor(configuration.Root)
            : null;
        return new AppliedObject(merged, managed.Encode(), lastApplied);
    }

    private static ReadOnlyMemory<byte> Merge(
        ServedVersion version, JsonElement present, ApplyConfiguration configuration, ManagedFields managed, ManagedEntry? earlier, ManagedEntry wanted)
    {
        var schema = ModelFieldSchemas.Of(version);
        if (managed.Entries.Any(entry => entry.ApiVersion != version.ApiVersion))
        {
            var merged = ConfigurationMerge.Merge(present, configuration.Root, schema, FieldSet.Empty, FieldSet.Empty);
            return earlier is null ? merged : VersionedPruning.Prune(version, merged, managed, earlier, wanted);
        }

        // Usually all previously applied fields are applied again, and nothing needs to be removed.
        var last = earlier is null || earlier.Fields.Difference(wanted.Fields).IsEmpty ? FieldSet.Empty : earlier.Fields;
        var owned = last.IsEmpty ? FieldSet.Empty : managed.OwnedByOthers(wanted).Union(wanted.Fields);
        return ConfigurationMerge.Merge(present, configuration.Root, schema, last, owned);
    }

    // Much cheaper than decoding the object.
    private static V1ManagedFieldsEntry[]? EntriesOf(JsonElement obj) =>
        obj.TryGetProperty("metadata"u8, out var metadata) && metadata.TryGetProperty("managedFields"u8, out var entries)
            ? entries.Deserialize<V1ManagedFieldsEntry[]>(ObjectCodec.Options)
            : null;

    private static void RecordPast(ServedVersion version, JsonElement present, ManagedFields managed, in FieldWriter applier)
    {
        var all = FieldComparison.Of(OwnershipTracking.EmptyObject, present, ModelFieldSchemas.Of(version)).Changed;
        managed.RecordUpdate(
            BeforeFirstApply, version.ApiVersion, "", OwnershipScope.Of(version.Definition, applier.Subresource, all), applier.Time);
    }

    private static void CheckConflicts(ManagedFields managed, ManagedEntry wanted, VersionedDifferences differences, JsonElement present, FieldSchema schema)
    {
        var conflicts = ApplyConflicts.Of(managed, wanted, differences);
        if (!conflicts.IsEmpty && wanted.Manager == LastApplied.KubectlManager)
            conflicts = conflicts.Without(LastApplied.UnchangedFields(present, schema));
        if (!conflicts.IsEmpty)
            throw conflicts.ToException();
    }
}
