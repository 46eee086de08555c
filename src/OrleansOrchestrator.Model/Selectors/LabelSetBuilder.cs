namespace OrleansOrchestrator.Model.Selectors;

/// <summary>Collects labels in any order into a <see cref="LabelSet"/>. For one set; not thread-safe.</summary>
public struct LabelSetBuilder
{
    // Most objects have few labels.
    private const int InitialCapacity = 4;

    private KeyValuePair<string, string>[]? _pairs;
    private int _count;

    /// <summary>Adds a label, or replaces the one of that key.</summary>
    public void Add(string key, string value)
    {
        _pairs ??= new KeyValuePair<string, string>[InitialCapacity];
        if (_count == _pairs.Length)
            Array.Resize(ref _pairs, _count * 2);
        // A model's map may contain nulls, which the API reads as empty.
        _pairs[_count++] = new(key, value ?? "");
    }

    /// <summary>The set of all labels added.</summary>
    public readonly LabelSet Build()
    {
        if (_count == 0)
            return LabelSet.Empty;
        var pairs = _pairs.AsSpan(0, _count);
        if (IsStrictlyAscending(pairs))
            return new LabelSet(pairs.ToArray());

        // The sort is stable, so that the last of equal keys is the one added last.
        var sorted = pairs.ToArray().OrderBy(pair => pair.Key, StringComparer.Ordinal).ToArray();
        var kept = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i + 1 == sorted.Length || sorted[i].Key != sorted[i + 1].Key)
                sorted[kept++] = sorted[i];
        }

        return new LabelSet(sorted[..kept]);
    }

    private static bool IsStrictlyAscending(ReadOnlySpan<KeyValuePair<string, string>> pairs)
    {
        for (var i = 1; i < pairs.Length; i++)
        {
            if (string.CompareOrdinal(pairs[i - 1].Key, pairs[i].Key) >= 0)
                return false;
        }

        return true;
    }
}
