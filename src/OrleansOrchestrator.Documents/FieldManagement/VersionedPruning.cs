using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// Takes away what an applier wants no more where managers speak several versions: what he applied before is taken away in
/// the version in which he applied it, and what others own in another version is put back in theirs.
/// </summary>
internal static class VersionedPruning
{
    /// <summary>The merged object without what is wanted no more.</summary>
    /// <param name="form">The form of the merged object.</param>
    /// <param name="merged">The present object with the configuration merged over it.</param>
    /// <param name="managed">The managers as they were.</param>
    /// <param name="earlier">What the applier applied before.</param>
    /// <param name="wanted">What he applies now.</param>
    public static ReadOnlyMemory<byte> Prune(
        ResourceForm form, ReadOnlyMemory<byte> merged, ManagedFields managed, ManagedEntry earlier, ManagedEntry wanted)
    {
        var definition = form.Definition;
        if (definition.FindForm(earlier.ApiVersion) is not { } last)
            return merged;
        var owners = managed.Entries.Where(entry => !entry.IsSameManager(wanted)).Append(wanted)
            .ToLookup(entry => entry.ApiVersion, entry => entry.Fields, StringComparer.Ordinal);
        var whole = FormConversion.Convert(merged, form, last);
        var pruned = Remove(whole, last, earlier.Fields, OwnedIn(owners, last));
        foreach (var version in owners.Where(version => version.Key != last.ApiVersion))
        {
            if (definition.FindForm(version.Key) is { } other)
                pruned = FormConversion.Convert(PutBack(whole, pruned, last, other, OwnedIn(owners, other)), other, last);
        }

        return FormConversion.Convert(pruned, last, form);
    }

    private static FieldSet OwnedIn(ILookup<string, FieldSet> owners, ResourceForm form) =>
        owners[form.ApiVersion].Aggregate(FieldSet.Empty, (owned, fields) => owned.Union(fields));

    private static ReadOnlyMemory<byte> PutBack(
        ReadOnlyMemory<byte> whole, ReadOnlyMemory<byte> pruned, ResourceForm form, ResourceForm other, FieldSet owned)
    {
        var wholeInOther = FormConversion.Convert(whole, form, other);
        using var before = OwnershipTracking.Parse(wholeInOther);
        using var after = OwnershipTracking.Parse(FormConversion.Convert(pruned, form, other));
        return Remove(wholeInOther, other, FieldComparison.Of(before.RootElement, after.RootElement, ModelFieldSchemas.Of(other)).Removed, owned);
    }

    private static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> json, ResourceForm form, FieldSet fields, FieldSet owned)
    {
        using var document = OwnershipTracking.Parse(json);
        return ConfigurationMerge.Merge(document.RootElement, OwnershipTracking.EmptyObject, ModelFieldSchemas.Of(form), fields, owned);
    }
}
