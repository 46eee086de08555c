using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>The elements of a set or a keyed list with their path elements.</summary>
internal sealed class ListItems
{
    /// <summary>Up to this count a linear search is faster than a dictionary.</summary>
    private const int ScannedMax = 8;

    private readonly List<JsonElement> _items;
    private readonly string[] _elements;
    private readonly string?[]? _missingKeys;
    private readonly Dictionary<string, int>? _firsts;
    private readonly HashSet<string>? _duplicates;
    private ILookup<string, string>? _alike;

    public ListItems(JsonElement list, FieldSchema schema)
    {
        _items = list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];
        _elements = new string[_items.Count];
        _firsts = _items.Count > ScannedMax ? new(_items.Count, StringComparer.Ordinal) : null;
        for (var i = 0; i < _elements.Length; i++)
        {
            var element = PathElement.OfItem(_items[i], schema, out var missingKey);
            if (missingKey is not null)
                (_missingKeys ??= new string?[_items.Count])[i] = missingKey;
            if (_firsts is not null ? !_firsts.TryAdd(element, i) : Array.IndexOf(_elements, element, 0, i) >= 0)
                (_duplicates ??= new(StringComparer.Ordinal)).Add(element);
            _elements[i] = element;
        }
    }

    public int Count => _items.Count;

    public JsonElement this[int index] => _items[index];

    public string ElementAt(int index) => _elements[index];

    public string? MissingKeyAt(int index) => _missingKeys?[index];

    /// <summary>The position of the first equal element; -1 if there is none.</summary>
    public int IndexOf(string element) =>
        _firsts is null ? Array.IndexOf(_elements, element) : _firsts.GetValueOrDefault(element, -1);

    public bool IsFirst(int index) => IndexOf(_elements[index]) == index;

    /// <summary>Whether other elements have the same key.</summary>
    public bool IsDuplicate(int index) => _duplicates is not null && _duplicates.Contains(_elements[index]);

    /// <summary>Whether several elements have this key.</summary>
    public bool HasDuplicates(string element) => _duplicates is not null && _duplicates.Contains(element);

    /// <summary>All elements with this key as JSON; empty if there is none.</summary>
    public string TextOf(string element)
    {
        if (!HasDuplicates(element))
            return IndexOf(element) is >= 0 and var index ? _items[index].GetRawText() : "";
        _alike ??= Enumerable.Range(0, Count).Where(IsDuplicate).ToLookup(i => _elements[i], i => _items[i].GetRawText(), StringComparer.Ordinal);
        return string.Join(",", _alike[element]);
    }
}
