using System.Buffers;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>Collects the entries of one level of a set, in any order.</summary>
internal struct FieldSetBuilder
{
    private FieldSetEntry[]? _entries;
    private int _count;
    private bool _isUnordered;

    /// <summary>Adds a path, those below it, or both.</summary>
    public void Add(string element, bool isMember, FieldSet children)
    {
        if (!isMember && children.IsEmpty)
            return;
        _entries ??= ArrayPool<FieldSetEntry>.Shared.Rent(16);
        if (_count == _entries.Length)
        {
            var larger = ArrayPool<FieldSetEntry>.Shared.Rent(2 * _count);
            _entries.CopyTo(larger, 0);
            Release();
            _entries = larger;
        }

        // Models and objects nearly always list their fields in order, so that sorting is rare.
        _isUnordered |= _count > 0 && string.CompareOrdinal(_entries[_count - 1].Element, element) >= 0;
        _entries[_count++] = new FieldSetEntry(element, isMember, children);
    }

    /// <summary>Builds the set and empties the builder.</summary>
    public FieldSet Build()
    {
        if (_entries is null)
            return FieldSet.Empty;
        var entries = _entries.AsSpan(0, _count);
        if (_isUnordered)
            entries = Order(entries);
        var set = FieldSet.Of(entries);
        Release();
        this = default;
        return set;
    }

    private static Span<FieldSetEntry> Order(Span<FieldSetEntry> entries)
    {
        entries.Sort(static (left, right) => string.CompareOrdinal(left.Element, right.Element));
        var last = 0;
        for (var i = 1; i < entries.Length; i++)
        {
            ref var kept = ref entries[last];
            if (kept.Element == entries[i].Element)
                kept = new(kept.Element, kept.IsMember || entries[i].IsMember, kept.Children.Union(entries[i].Children));
            else
                entries[++last] = entries[i];
        }

        return entries[..(last + 1)];
    }

    private readonly void Release()
    {
        _entries.AsSpan(0, _count).Clear();
        ArrayPool<FieldSetEntry>.Shared.Return(_entries!);
    }
}
