namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>What one transaction changes in the table. What changes back within it costs nothing.</summary>
internal sealed class TableChange
{
    private readonly Dictionary<TableElement, (string? Before, string? After)> _elements = [];
    private readonly List<EndpointChain> _chains = [];

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => _chains.Count == 0 && Different.All(set => !set.Any());

    /// <summary>How many elements go or come.</summary>
    public int Count => Different.Sum(set => set.Count());

    private IEnumerable<IGrouping<TableSet, KeyValuePair<TableElement, (string? Before, string? After)>>> Different =>
        _elements.Where(one => one.Value.Before != one.Value.After).GroupBy(one => one.Key.Set);

    /// <summary>Adds a chain.</summary>
    public void Add(EndpointChain chain) => _chains.Add(chain);

    /// <summary>Changes an element.</summary>
    /// <param name="element">The element.</param>
    /// <param name="before">Its value so far; null if it was not there.</param>
    /// <param name="after">Its value from now on; null if it goes.</param>
    public void Replace(TableElement element, string? before, string? after) =>
        _elements[element] = (_elements.TryGetValue(element, out var known) ? known.Before : before, after);

    /// <summary>Writes the change as one transaction for nft: chains first, which elements need, then what goes, then what comes.</summary>
    public void Write(TextWriter text, TableSettings settings)
    {
        TableText.WriteChains(text, settings, _chains);
        foreach (var set in Different)
            ElementText.WriteDeletions(text, settings, set.Key, set.Where(one => one.Value.Before is not null).Select(one => one.Key.Key));
        foreach (var set in Different)
        {
            ElementText.WriteAdditions(
                text, settings, set.Key, set.Where(one => one.Value.After is not null).Select(one => KeyValuePair.Create(one.Key.Key, one.Value.After!)));
        }
    }
}
