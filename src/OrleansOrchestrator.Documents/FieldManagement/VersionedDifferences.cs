using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// The changes of a write in each version in which managers own fields. Fields have other names and places in other versions, so that
/// only whole objects can be converted and compared.
/// </summary>
/// <param name="version">The version of both states.</param>
/// <param name="before">The state before.</param>
/// <param name="after">The state after.</param>
/// <param name="subresource">The subresource of the write, which limits the fields that can be owned.</param>
internal sealed class VersionedDifferences(ServedVersion version, JsonElement before, JsonElement after, string subresource) : IDisposable
{
    private readonly List<(string ApiVersion, FieldComparison? Difference)> _known = [];
    private readonly List<IDisposable> _documents = [];

    /// <summary>The difference in a version; null if the kind has no such version.</summary>
    public FieldComparison? In(string apiVersion)
    {
        // Usually there is one version.
        foreach (var (known, difference) in _known)
        {
            if (known == apiVersion)
                return difference;
        }

        var compared = Compare(apiVersion);
        _known.Add((apiVersion, compared));
        return compared;
    }

    public void Dispose() => _documents.ForEach(document => document.Dispose());

    private FieldComparison? Compare(string apiVersion)
    {
        if (version.Definition.FindVersion(apiVersion) is not { } other)
            return null;
        var difference = FieldComparison.Of(Converted(before, other), Converted(after, other), ModelFieldSchemas.Of(other));
        return difference with { Changed = OwnershipScope.Of(version.Definition, subresource, difference.Changed) };
    }

    private JsonElement Converted(JsonElement state, ServedVersion other)
    {
        if (other == version || state.ValueKind != JsonValueKind.Object || !state.EnumerateObject().Any())
            return state;
        var document = OwnershipTracking.Parse(VersionConversion.Convert(JsonSerializer.SerializeToUtf8Bytes(state), version, other));
        _documents.Add(document);
        return document.RootElement;
    }
}
