using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>Finds the selectors that match a set of labels without testing all.</summary>
/// <remarks>
/// Each selector is filed under one requirement that every match must meet: under each value of an equality or <c>in</c>
/// requirement, the one whose values have the fewest selectors so far; else under the key of a requirement that needs it;
/// else in a rest list. A look-up walks the shelves of the object's own labels, and tests only what it finds there. For example
/// <code>
///   web-1: app=web,track=a    web-2: app=web,track=b    any: tier    rest: !canary
///   shelves  (app, web): web-1    (track, b): web-2    (tier): any    rest: rest
/// </code>
/// where web-2 goes under its track because the app shelf has a selector already. A look-up costs one probe a label plus the
/// length of the shelves. The shelf is chosen once, when the selector is added. Not thread-safe.
/// </remarks>
/// <typeparam name="TOwner">The owner of a selector, such as a service; it has one selector at a time.</typeparam>
public sealed class SelectorIndex<TOwner>
    where TOwner : notnull
{
    private readonly Dictionary<TOwner, Entry> _entries;
    private readonly Dictionary<(string Key, string Value), List<Entry>> _byValue = [];
    private readonly Dictionary<string, List<Entry>> _byKey = new(StringComparer.Ordinal);
    private readonly List<Entry> _rest = [];

    /// <summary>Makes an empty index.</summary>
    /// <param name="comparer">Compares owners; null for their own equality.</param>
    public SelectorIndex(IEqualityComparer<TOwner>? comparer = null) => _entries = new(comparer);

    /// <summary>The number of owners.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds or replaces an owner's selector.</summary>
    public void Add(TOwner owner, LabelSelector selector)
    {
        if (_entries.TryGetValue(owner, out var present) && present.Selector.Equals(selector))
            return;
        Remove(owner);
        var entry = new Entry(owner, selector, ChooseShelf(selector));
        _entries.Add(owner, entry);
        if (selector.IsNothing)
            return;
        if (entry.Shelf is not { } shelf)
        {
            _rest.Add(entry);
            return;
        }

        if (!shelf.NamesValues)
            Shelve(_byKey, shelf.Key, entry);
        foreach (var value in ShelfValues(shelf))
            Shelve(_byValue, (shelf.Key, value), entry);
    }

    /// <summary>Removes an owner's selector.</summary>
    /// <returns>Whether it had one.</returns>
    /// <remarks>The cost is proportional to the length of the selector's shelf.</remarks>
    public bool Remove(TOwner owner)
    {
        if (!_entries.Remove(owner, out var entry))
            return false;
        if (entry.Shelf is not { } shelf)
        {
            TakeOut(_rest, entry);
            return true;
        }

        if (!shelf.NamesValues)
            Unshelve(_byKey, shelf.Key, entry);
        foreach (var value in ShelfValues(shelf))
            Unshelve(_byValue, (shelf.Key, value), entry);
        return true;
    }

    /// <summary>Finds the owners with matching selectors, in no order. Allocates nothing itself.</summary>
    /// <param name="labels">The labels of an object.</param>
    /// <param name="owners">Receives the owners, each once, after its present elements.</param>
    public void Match(LabelSet labels, ICollection<TOwner> owners)
    {
        foreach (var (key, value) in labels)
        {
            if (_byValue.TryGetValue((key, value), out var byValue))
                Test(byValue, labels, owners);
            if (_byKey.TryGetValue(key, out var byKey))
                Test(byKey, labels, owners);
        }

        Test(_rest, labels, owners);
    }

    private static void Test(List<Entry> shelf, LabelSet labels, ICollection<TOwner> owners)
    {
        foreach (var entry in shelf)
        {
            if (entry.Selector.Matches(labels))
                owners.Add(entry.Owner);
        }
    }

    private LabelRequirement? ChooseShelf(LabelSelector selector)
    {
        LabelRequirement? rarest = null;
        var fewest = int.MaxValue;
        foreach (var requirement in selector.Requirements)
        {
            if (!requirement.NamesValues)
                continue;
            var filed = requirement.Values.Sum(value => _byValue.TryGetValue((requirement.Key, value), out var shelf) ? shelf.Count : 0);
            if (filed < fewest)
                (rarest, fewest) = (requirement, filed);
        }

        return rarest ?? selector.Requirements.FirstOrDefault(requirement => requirement.NeedsKey);
    }

    private static IReadOnlyList<string> ShelfValues(LabelRequirement shelf) => shelf.NamesValues ? shelf.Values : [];

    private static void Shelve<TKey>(Dictionary<TKey, List<Entry>> shelves, TKey key, Entry entry)
        where TKey : notnull
    {
        ref var shelf = ref CollectionsMarshal.GetValueRefOrAddDefault(shelves, key, out _);
        (shelf ??= []).Add(entry);
    }

    private static void Unshelve<TKey>(Dictionary<TKey, List<Entry>> shelves, TKey key, Entry entry)
        where TKey : notnull
    {
        var shelf = shelves[key];
        TakeOut(shelf, entry);
        if (shelf.Count == 0)
            shelves.Remove(key);
    }

    private static void TakeOut(List<Entry> shelf, Entry entry)
    {
        var index = shelf.IndexOf(entry);
        if (index < 0)
            return;
        shelf[index] = shelf[^1];
        shelf.RemoveAt(shelf.Count - 1);
    }

    private sealed class Entry(TOwner owner, LabelSelector selector, LabelRequirement? shelf)
    {
        public TOwner Owner => owner;

        public LabelSelector Selector => selector;

        /// <summary>The requirement under which it is filed; null for the rest list.</summary>
        public LabelRequirement? Shelf => shelf;
    }
}
