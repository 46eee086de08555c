using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>
/// What a write changes of an object, told in each version in which somebody owns fields: fields have other names and other
/// places in other versions, and only the object itself can be converted.
/// </summary>
/// <param name="version">The version of both states.</param>
/// <param name="before">The state before.</param>
/// <param name="after">The state after.</param>
/// <param name="subresource">What is written through, which bounds what can be owned.</param>
internal sealed class VersionedDifferences(ServedVersion version, JsonElement before, JsonElement after, string subresource) : IDisposable
{
    private readonly List<(string ApiVersion, FieldComparison? Difference)> _known = [];
    private readonly List<IDisposable> _documents = [];

    /// <summary>The difference in a version; null if the kind has no such version.</summary>
    public FieldComparison? In(string apiVersion)
    {
        // Nearly always there is one version.
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
