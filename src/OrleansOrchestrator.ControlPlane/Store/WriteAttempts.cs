namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Keeps, for each of several writes that are tried again and again, what is known of it so far.</summary>
internal sealed class WriteAttempts(IReadOnlyList<ObjectWrite> writes)
{
    private readonly WriteResult?[] _decided = new WriteResult?[writes.Count];
    private readonly bool[] _mayHaveHappened = new bool[writes.Count];
    private int _left = writes.Count;

    /// <summary>Whether nothing is left to try.</summary>
    public bool AreDecided => _left == 0;

    /// <summary>Why the last try decided too little.</summary>
    public string Why { get; private set; } = "the object store is not available";

    /// <summary>Creations that an earlier try may have made.</summary>
    public IReadOnlyList<int> CreationsInDoubt() => _mayHaveHappened.Contains(true)
        ? [.. Open().Where(i => _mayHaveHappened[i] && writes[i].Type == WriteType.Create)]
        : [];

    /// <summary>Those that are to be tried, by their position.</summary>
    public IReadOnlyList<int> Open() => [.. Enumerable.Range(0, writes.Count).Where(i => _decided[i] is null)];

    /// <summary>What to send.</summary>
    /// <param name="open">The positions of the writes.</param>
    public IReadOnlyList<ObjectWrite> WritesOf(IReadOnlyList<int> open) => open.Count == writes.Count ? writes : [.. open.Select(i => writes[i])];

    /// <summary>Whether an answer refuses what an earlier try may have done.</summary>
    public bool NeedsResolution(int write, WriteResult answer) => _mayHaveHappened[write]
        && answer.Status is WriteStatus.AlreadyExists or WriteStatus.NotFound or WriteStatus.Conflict or WriteStatus.ClaimTaken;

    /// <summary>Takes note of an answer.</summary>
    public void Note(int write, WriteResult answer)
    {
        switch (answer.Status)
        {
            case WriteStatus.Unknown:
                _mayHaveHappened[write] = true;
                Why = answer.Detail ?? Why;
                break;
            case WriteStatus.Unavailable or WriteStatus.Overloaded or WriteStatus.DatabaseAway when _mayHaveHappened[write]:
            case WriteStatus.Unavailable when writes.Count == 1:
                Why = answer.Detail ?? Why;
                break;
            default:
                Decide(write, answer);
                break;
        }
    }

    /// <summary>Takes note of a try that was not answered.</summary>
    public void NoteFailure(string why, bool certainlyNotExecuted)
    {
        Why = why;
        if (certainlyNotExecuted)
            return;
        foreach (var write in Open())
            _mayHaveHappened[write] = true;
    }

    /// <summary>Ends the tries of one write.</summary>
    public void Decide(int write, WriteResult result)
    {
        _decided[write] = result;
        _left--;
    }

    /// <summary>What is known of all of them when no more tries are made.</summary>
    public IReadOnlyList<WriteResult> Results() =>
        [.. _decided.Select((result, i) => result ?? new WriteResult(_mayHaveHappened[i] ? WriteStatus.Unknown : WriteStatus.Unavailable, Detail: Why))];
}
