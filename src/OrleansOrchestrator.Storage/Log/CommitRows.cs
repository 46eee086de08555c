namespace OrleansOrchestrator.Storage.Log;

/// <summary>The columns of a checked commit, as the arrays that the database takes.</summary>
internal sealed class CommitRows
{
    private CommitRows(int count)
    {
        Revisions = new long[count];
        Types = new short[count];
        Namespaces = new string[count];
        Names = new string[count];
        Values = new ReadOnlyMemory<byte>[count];
        PreviousRevisions = new long[count];
    }

    public int Count => Revisions.Length;

    public long[] Revisions { get; }

    public short[] Types { get; }

    public string[] Namespaces { get; }

    public string[] Names { get; }

    public ReadOnlyMemory<byte>[] Values { get; }

    public long[] PreviousRevisions { get; }

    /// <summary>Checks the invariants of a commit before it becomes durable, and turns its rows into columns.</summary>
    /// <exception cref="ArgumentException">The commit contradicts itself. Nothing may be stored.</exception>
    public static CommitRows From(LogCommit commit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(commit.HeadAfter, commit.HeadBefore);

        var rows = new CommitRows(commit.Changes.Count);
        var previousRevision = commit.HeadBefore;
        for (var i = 0; i < rows.Count; i++)
        {
            var change = commit.Changes[i];
            Check(change, previousRevision, commit.HeadAfter);
            previousRevision = change.Revision;
            rows.Revisions[i] = change.Revision;
            rows.Types[i] = (short)change.Type;
            rows.Namespaces[i] = change.Namespace;
            rows.Names[i] = change.Name;
            rows.Values[i] = change.Value;
            rows.PreviousRevisions[i] = change.PreviousRevision;
        }

        return rows;
    }

    private static void Check(LogWrite change, long previousRevision, long headAfter)
    {
        if (change.Revision <= previousRevision || change.Revision > headAfter)
            throw new ArgumentException($"revision {change.Revision} of {change.Namespace}/{change.Name} is not between {previousRevision} and the new head {headAfter}");
        if (!Enum.IsDefined(change.Type))
            throw new ArgumentException($"revision {change.Revision} has the unknown change type {(short)change.Type}");
        if (change.PreviousRevision < 0 || change.PreviousRevision >= change.Revision
            || (change.Type == LogChangeType.Added) != (change.PreviousRevision == 0))
        {
            throw new ArgumentException($"revision {change.Revision} cannot follow on revision {change.PreviousRevision} as {change.Type}");
        }

        if (change.Name.Length == 0 || change.Name.Contains('\0') || change.Namespace.Contains('\0'))
            throw new ArgumentException($"revision {change.Revision} has a key that cannot be stored: '{change.Namespace}/{change.Name}'");
    }
}
