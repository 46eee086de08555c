using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// Removes fields that an applier no longer applies, where managers use several versions: removes the fields in the version in which
/// they were applied, and restores those that others own in another version.
/// </summary>
internal static class VersionedPruning
{
    /// <summary>The merged object without the fields that are no longer applied.</summary>
    /// <param name="served">The version of the merged object.</param>
    /// <param name="merged">The live object merged with the configuration.</param>
    /// <param name="managed">The managers before the apply.</param>
    /// <param name="earlier">The fields that the applier applied before.</param>
    /// <param name="wanted">The fields that the applier applies now.</param>
    public static ReadOnlyMemory<byte> Prune(
        ServedVersion served, ReadOnlyMemory<byte> merged, ManagedFields managed, ManagedEntry earlier, ManagedEntry wanted)
    {
        var definition = served.Definition;
        if (definition.FindVersion(earlier.ApiVersion) is not { } last)
            return merged;
        var owners = managed.Entries.Where(entry => !entry.IsSameManager(wanted)).Append(wanted)
            .ToLookup(entry => entry.ApiVersion, entry => entry.Fields, StringComparer.Ordinal);
        var whole = VersionConversion.Convert(merged, served, last);
        var pruned = Remove(whole, last, earlier.Fields, OwnedIn(owners, last));
        foreach (var version in owners.Where(version => version.Key != last.ApiVersion))
        {
            if (definition.FindVersion(version.Key) is { } other)
                pruned = VersionConversion.Convert(PutBack(whole, pruned, last, other, OwnedIn(owners, other)), other, last);
        }

        return VersionConversion.Convert(pruned, last, served);
    }

    private static FieldSet OwnedIn(ILookup<string, FieldSet> owners, ServedVersion served) =>
        owners[served.ApiVersion].Aggregate(FieldSet.Empty, (owned, fields) => owned.Union(fields));

    private static ReadOnlyMemory<byte> PutBack(
        ReadOnlyMemory<byte> whole, ReadOnlyMemory<byte> pruned, ServedVersion served, ServedVersion other, FieldSet owned)
    {
        var wholeInOther = VersionConversion.Convert(whole, served, other);
        using var before = OwnershipTracking.Parse(wholeInOther);
        using var after = OwnershipTracking.Parse(VersionConversion.Convert(pruned, served, other));
        return Remove(wholeInOther, other, FieldComparison.Of(before.RootElement, after.RootElement, ModelFieldSchemas.Of(other)).Removed, owned);
    }

    private static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> json, ServedVersion served, FieldSet fields, FieldSet owned)
    {
        using var document = OwnershipTracking.Parse(json);
        return ConfigurationMerge.Merge(document.RootElement, OwnershipTracking.EmptyObject, ModelFieldSchemas.Of(served), fields, owned);
    }
}
