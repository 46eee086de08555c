using System.Text;
using System.Text.Json.Serialization;
using OrleansOrchestrator.Documents.FieldSchemas;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>An entry in a set of paths.</summary>
/// <param name="Element">The step, as <see cref="PathElement"/> writes it.</param>
/// <param name="IsMember">Whether the path that ends here is in the set.</param>
/// <param name="Children">The longer paths through this entry.</param>
internal readonly record struct FieldSetEntry(string Element, bool IsMember, FieldSet Children);

/// <summary>An immutable set of field paths, stored as the tree that FieldsV1 represents.</summary>
/// <remarks>
/// For example the paths <c>.spec.replicas</c>, <c>.spec.ports[name="a"]</c> and <c>.spec.ports[name="a"].port</c> are
/// <code>{"f:spec":{"f:ports":{"k:{\"name\":\"a\"}":{".":{},"f:port":{}}},"f:replicas":{}}}</code>
/// Entries are in ordinal order, and none is without meaning: it is a member or has children.
/// </remarks>
[JsonConverter(typeof(FieldSetConverter))]
public sealed class FieldSet : IEquatable<FieldSet>
{
    private readonly FieldSetEntry[] _entries;

    private FieldSet(FieldSetEntry[] entries) => _entries = entries;

    /// <summary>The set without paths.</summary>
    public static FieldSet Empty { get; } = new([]);

    /// <summary>Whether there is no path.</summary>
    public bool IsEmpty => _entries.Length == 0;

    /// <summary>The number of paths.</summary>
    public int Count => _entries.Sum(entry => (entry.IsMember ? 1 : 0) + entry.Children.Count);

    internal ReadOnlySpan<FieldSetEntry> Entries => _entries;

    /// <summary>The cached FieldsV1 text, if there is one.</summary>
    internal byte[]? Json { get; private init; }

    /// <summary>Whether a path, given by its elements, is in the set.</summary>
    public bool Has(params ReadOnlySpan<string> path)
    {
        var set = this;
        for (var i = 0; i < path.Length - 1; i++)
            set = set.Child(path[i]);
        return path.Length > 0 && set.HasMember(path[^1]);
    }

    /// <summary>The paths of either set.</summary>
    public FieldSet Union(FieldSet other) => FieldSetAlgebra.Union(this, other);

    /// <summary>The paths of both sets.</summary>
    public FieldSet Intersection(FieldSet other) => FieldSetAlgebra.Intersection(this, other);

    /// <summary>The paths of this set that are not in the other one.</summary>
    public FieldSet Difference(FieldSet other) => FieldSetAlgebra.Difference(this, other);

    /// <summary>The paths in order as messages show them, such as <c>.spec.ports[name="a"].port</c>.</summary>
    public IEnumerable<string> Paths() => Paths("");

    /// <inheritdoc/>
    public bool Equals(FieldSet? other) =>
        ReferenceEquals(this, other) || (other is not null && _entries.AsSpan().SequenceEqual(other._entries));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _entries.Aggregate(0, (hash, entry) => HashCode.Combine(hash, entry));

    /// <summary>The set as FieldsV1.</summary>
    public override string ToString() => Encoding.UTF8.GetString(FieldSetJson.Encode(this));

    /// <summary>The same set with its FieldsV1 text cached. For sets shared by many objects.</summary>
    internal FieldSet WithJson() => Json is null ? new(_entries) { Json = FieldSetJson.Encode(this) } : this;

    internal static FieldSet Of(ReadOnlySpan<FieldSetEntry> ordered) => ordered.IsEmpty ? Empty : new(ordered.ToArray());

    internal bool HasMember(string element) => IndexOf(element) is >= 0 and var index && _entries[index].IsMember;

    internal FieldSet Child(string element) => IndexOf(element) is >= 0 and var index ? _entries[index].Children : Empty;

    private int IndexOf(string element)
    {
        var (low, high) = (0, _entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            switch (string.CompareOrdinal(_entries[middle].Element, element))
            {
                case 0:
                    return middle;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle - 1;
                    break;
            }
        }

        return -1;
    }

    private IEnumerable<string> Paths(string prefix)
    {
        foreach (var entry in _entries)
        {
            var path = prefix + PathElement.Display(entry.Element);
            if (entry.IsMember)
                yield return path;
            foreach (var below in entry.Children.Paths(path))
                yield return below;
        }
    }
}
