namespace OrleansOrchestrator.Consistency.Tests.Histories;

/// <summary>What happened to an object.</summary>
internal enum ChangeType
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One change, as the log has it or a watch shows it.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="Type">What happened.</param>
/// <param name="Key">The object.</param>
/// <param name="Value">The content after the change; of a deletion the last one.</param>
internal sealed record Change(long Revision, ChangeType Type, string Key, string Value)
{
    public override string ToString() => $"{Type} {Key} {Value}@{Revision}";
}

/// <summary>What one watch has shown, across the connections it took: each begins after the last revision seen before.</summary>
/// <param name="Name">Who watched.</param>
/// <param name="After">The revision that it began after.</param>
internal sealed record WatchStream(string Name, long After)
{
    /// <summary>The changes in the order of their arrival.</summary>
    public List<Change> Changes { get; init; } = [];

    /// <summary>The revision of the last bookmark, or of the last change: everything up to it has been shown.</summary>
    public long CompleteUpTo { get; set; } = After;

    /// <summary>How often a connection ended and was made again.</summary>
    public int Resumptions { get; set; }

    /// <summary>Whether the server said that the revision to resume from is gone; then another stream goes on.</summary>
    public bool HasExpired { get; set; }
}

/// <summary>A consistent read of all objects.</summary>
/// <param name="Client">Who read.</param>
/// <param name="Invoked">When it was sent.</param>
/// <param name="Returned">When it was answered.</param>
/// <param name="Revision">The revision that the answer states.</param>
/// <param name="Items">The objects.</param>
internal sealed record Listing(int Client, long Invoked, long Returned, long Revision, IReadOnlyDictionary<string, Version> Items);
