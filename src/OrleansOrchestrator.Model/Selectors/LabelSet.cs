using System.Collections;
using System.Text.Json;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>The labels of an object: immutable, in ordinal order of their keys, each key once. The default value is empty.</summary>
public readonly struct LabelSet : IEquatable<LabelSet>, IReadOnlyCollection<KeyValuePair<string, string>>
{
    // Below this count a scan that compares lengths first is faster than a binary search.
    private const int ScanCountMax = 8;

    private readonly KeyValuePair<string, string>[]? _pairs;

    internal LabelSet(KeyValuePair<string, string>[] sortedPairs) => _pairs = sortedPairs;

    /// <summary>No labels.</summary>
    public static LabelSet Empty => default;

    /// <inheritdoc/>
    public int Count => _pairs?.Length ?? 0;

    /// <summary>The labels in order, without a copy.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Pairs => _pairs;

    /// <summary>Makes a set from pairs in any order; the last of equal keys counts.</summary>
    /// <param name="pairs">A model's label map, for example; null means none.</param>
    public static LabelSet From(IEnumerable<KeyValuePair<string, string>>? pairs)
    {
        if (pairs is null)
            return Empty;
        var builder = new LabelSetBuilder();
        foreach (var (key, value) in pairs)
            builder.Add(key, value);
        return builder.Build();
    }

    /// <summary>Reads the JSON value at the reader, and leaves the reader at the value's end.</summary>
    /// <remarks>A value that is no object has no labels, and a value that is no string is empty: the labels were validated on input,
    /// and reading them must not fail.</remarks>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static LabelSet Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return Empty;
        }

        var builder = new LabelSetBuilder();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = LabelText.Read(ref reader);
            reader.Read();
            builder.Add(key, reader.TokenType == JsonTokenType.String ? LabelText.Read(ref reader) : "");
            reader.Skip();
        }

        return builder.Build();
    }

    /// <summary>Looks up a label.</summary>
    public bool TryGetValue(string key, out string value)
    {
        var index = IndexOf(key);
        value = index < 0 ? "" : _pairs![index].Value;
        return index >= 0;
    }

    /// <summary>The value of a label; null if it is missing.</summary>
    public string? Get(string key) => TryGetValue(key, out var value) ? value : null;

    /// <summary>Whether a label exists.</summary>
    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    /// <inheritdoc/>
    public bool Equals(LabelSet other)
    {
        if (_pairs == other._pairs)
            return true;
        if (Count != other.Count)
            return false;
        for (var i = 0; i < Count; i++)
        {
            if (_pairs![i].Key != other._pairs![i].Key || _pairs[i].Value != other._pairs[i].Value)
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LabelSet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (key, value) in Pairs)
        {
            hash.Add(key, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether two sets have the same labels.</summary>
    public static bool operator ==(LabelSet left, LabelSet right) => left.Equals(right);

    /// <summary>Whether two sets differ.</summary>
    public static bool operator !=(LabelSet left, LabelSet right) => !left.Equals(right);

    /// <summary>Enumerates without an allocation.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>>.Enumerator GetEnumerator() => Pairs.GetEnumerator();

    IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, string>>)(_pairs ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => (_pairs ?? []).GetEnumerator();

    /// <summary>The labels such as <c>a=1,b=2</c>; <c>&lt;none&gt;</c> if there are none, as kubectl shows them.</summary>
    public override string ToString() =>
        Count == 0 ? "<none>" : string.Join(',', _pairs!.Select(pair => $"{pair.Key}={pair.Value}"));

    private int IndexOf(string key)
    {
        var pairs = Pairs;
        if (pairs.Length > ScanCountMax)
            return Search(pairs, key);
        for (var i = 0; i < pairs.Length; i++)
        {
            if (pairs[i].Key == key)
                return i;
        }

        return -1;
    }

    private static int Search(ReadOnlySpan<KeyValuePair<string, string>> pairs, string key)
    {
        var low = 0;
        var high = pairs.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(pairs[middle].Key, key);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }
}
