namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>What one writer was told of its objects.</summary>
internal sealed class WriterRecord(int writer)
{
    private const int NumbersPerWriter = 1_000_000;
    private const int Kept = 250;

    private readonly Queue<(int Number, bool IsCertain)> _present = new();
    private readonly Queue<int> _gone = new();
    private int _next = writer * NumbersPerWriter;

    public int Writer => writer;

    /// <summary>The number that was used last.</summary>
    public int Newest { get; private set; } = writer * NumbersPerWriter;

    public int Next() => Newest = ++_next;

    public void Created(int number, bool isAcknowledged) => _present.Enqueue((number, isAcknowledged));

    /// <summary>What is to be deleted now; null if there is not enough yet.</summary>
    public int? Oldest() => _present.Count > Kept ? _present.Dequeue().Number : null;

    public void Deleted(int number, bool isAcknowledged)
    {
        if (!isAcknowledged)
            return;
        _gone.Enqueue(number);
        if (_gone.Count > Kept)
            _gone.Dequeue();
    }

    /// <summary>The newest numbers of which it is certain whether they exist.</summary>
    public IEnumerable<(int Number, bool Exists)> Acknowledged() =>
        [.. _present.Where(one => one.IsCertain).Select(one => (one.Number, true)), .. _gone.Select(number => (number, false))];
}
