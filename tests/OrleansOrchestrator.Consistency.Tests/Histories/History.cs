namespace OrleansOrchestrator.Consistency.Tests.Histories;

/// <summary>Everything that clients did and were told, and what the database holds in the end.</summary>
internal sealed record History
{
    /// <summary>Operations on single objects, in any order.</summary>
    public required IReadOnlyList<Operation> Operations { get; init; }

    /// <summary>Reads of all objects.</summary>
    public IReadOnlyList<Listing> Listings { get; init; } = [];

    /// <summary>What watches have shown.</summary>
    public IReadOnlyList<WatchStream> Watches { get; init; } = [];

    /// <summary>Every change that the database ever had, in the order in which it was found there.</summary>
    public required IReadOnlyList<Change> Log { get; init; }

    /// <summary>The objects at the end, as the API shows them.</summary>
    public required IReadOnlyDictionary<string, Version> Final { get; init; }

    /// <summary>Whether the watches had the time to show everything: then one that does not has lost something.</summary>
    public bool IsDrained { get; init; } = true;

    /// <summary>Every object that anything was done to.</summary>
    public IEnumerable<string> Keys =>
        Operations.Select(operation => operation.Key).Concat(Log.Select(change => change.Key)).Distinct(StringComparer.Ordinal);
}

/// <summary>Takes notes for many clients at once.</summary>
internal sealed class Recorder
{
    private readonly Lock _gate = new();
    private readonly List<Operation> _operations = [];
    private readonly List<Listing> _listings = [];

    /// <summary>How many operations have been noted.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _operations.Count;
        }
    }

    public void Add(Operation operation)
    {
        lock (_gate)
            _operations.Add(operation);
    }

    public void Add(Listing listing)
    {
        lock (_gate)
            _listings.Add(listing);
    }

    public IReadOnlyList<Operation> Operations()
    {
        lock (_gate)
            return [.. _operations];
    }

    public IReadOnlyList<Listing> Listings()
    {
        lock (_gate)
            return [.. _listings];
    }
}
