namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>Numbers the endpoints of a port from zero, without gaps. Pure.</summary>
internal static class SlotArrangement
{
    /// <summary>Arranges items so that as few as possible change their slot: whoever stays keeps his, unless it is beyond the new end.</summary>
    /// <param name="former">The items by slot, each once.</param>
    /// <param name="wanted">The items from now on, each once, in any order.</param>
    /// <returns>The wanted items by slot; the former array if they are the same.</returns>
    public static T[] Arrange<T>(T[] former, IReadOnlyList<T> wanted)
        where T : notnull
    {
        var left = wanted.ToHashSet();
        if (left.Count == former.Length && Array.TrueForAll(former, left.Contains))
            return former;
        var slots = new T[left.Count];
        var free = new Queue<int>();
        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (slot < former.Length && left.Remove(former[slot]))
                slots[slot] = former[slot];
            else
                free.Enqueue(slot);
        }

        // In the order in which they were given, so that the same events make the same table.
        foreach (var item in wanted.Where(left.Remove))
            slots[free.Dequeue()] = item;
        return slots;
    }
}
