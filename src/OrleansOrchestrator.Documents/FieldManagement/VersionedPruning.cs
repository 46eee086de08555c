using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// Takes away what an applier wants no more where managers speak several versions: what he applied before is taken away in
/// the version in which he applied it, and what others own in another version is put back in theirs.
/// </summary>
internal static class VersionedPruning
{
    /// <summary>The merged object without what is wanted no more.</summary>
    /// <param name="served">The version of the merged object.</param>
    /// <param name="merged">The present object with the configuration merged over it.</param>
    /// <param name="managed">The managers as they were.</param>
    /// <param name="earlier">What the applier applied before.</param>
    /// <param name="wanted">What he applies now.</param>
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
