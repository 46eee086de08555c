namespace OrleansOrchestrator.Consistency.Tests.Histories;

/// <summary>Writes histories by hand: times are what the test says, revisions and the log follow from what is written.</summary>
internal sealed class HistoryBuilder
{
    private readonly List<Operation> _operations = [];
    private readonly List<Listing> _listings = [];
    private readonly List<WatchStream> _watches = [];
    private readonly List<Change> _log = [];

    public List<Operation> Operations => _operations;

    public List<Change> Log => _log;

    public List<WatchStream> Watches => _watches;

    public List<Listing> Listings => _listings;

    /// <summary>Adds an operation that was answered.</summary>
    public HistoryBuilder Did(
        OperationKind kind, long from, long to, long revision = 0, string? value = null, string key = "k", long expected = 0,
        Outcome outcome = Outcome.Ok)
    {
        _operations.Add(new Operation(1, kind, key, from, to, outcome)
        {
            Written = kind is OperationKind.Create or OperationKind.Replace or OperationKind.Patch ? value : null,
            Expected = expected,
            Shown = revision > 0 && outcome == Outcome.Ok ? new Version(revision, value!) : null,
        });
        return this;
    }

    /// <summary>Adds a change to the log.</summary>
    public HistoryBuilder Logged(long revision, ChangeType type, string value, string key = "k")
    {
        _log.Add(new Change(revision, type, key, value));
        return this;
    }

    /// <summary>Adds a list.</summary>
    public HistoryBuilder Listed(long from, long to, long revision, params (string Key, long Revision, string Value)[] items)
    {
        _listings.Add(new Listing(1, from, to, revision, items.ToDictionary(item => item.Key, item => new Version(item.Revision, item.Value))));
        return this;
    }

    /// <summary>Adds a watch that has shown some of the log's changes.</summary>
    public HistoryBuilder Watched(long after, params int[] indexes)
    {
        _watches.Add(new WatchStream($"w{_watches.Count}", after) { Changes = [.. indexes.Select(index => _log[index])] });
        return this;
    }

    /// <summary>The history. The final state is that of the log unless told.</summary>
    public History Build(IReadOnlyDictionary<string, Version>? final = null) => new()
    {
        Operations = [.. _operations],
        Listings = [.. _listings],
        Watches = [.. _watches],
        Log = [.. _log],
        Final = final ?? Checking.LogCheck.Replay(_log, long.MaxValue),
    };
}
