namespace OrleansOrchestrator.Node.Dns;

/// <summary>The answers of upstream servers, for as long as their records say and the operator allows. Safe for concurrent use.</summary>
/// <param name="bytesMax">The most bytes of all answers. Beyond it the oldest go.</param>
/// <param name="ttlMax">The longest time of an answer with records.</param>
/// <param name="negativeTtlMax">The longest time of an answer that there are none.</param>
/// <param name="time">The clock.</param>
internal sealed class UpstreamCache(int bytesMax, TimeSpan ttlMax, TimeSpan negativeTtlMax, TimeProvider time)
{
    // What an entry takes besides its message: the objects around it, about.
    private const int EntryBytes = 400;

    private readonly Lock _gate = new();
    private readonly Dictionary<UpstreamQuestion, Entry> _entries = [];
    private readonly Queue<(UpstreamQuestion Question, Entry Entry)> _byAge = new();
    private long _bytes;

    /// <summary>The bytes of all answers, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>An answer that is still good, and how old it is; null if there is none.</summary>
    public (UpstreamAnswer Answer, TimeSpan Age)? Find(UpstreamQuestion question)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(question, out var entry))
                return null;
            var age = time.GetElapsedTime(entry.Since);
            return age < entry.Lifetime ? (entry.Answer, age) : null;
        }
    }

    /// <summary>Keeps an answer if its time allows.</summary>
    public void Keep(UpstreamQuestion question, UpstreamAnswer answer)
    {
        if (!answer.IsDefinite || answer.Lifetime is not { } lifetime)
            return;
        var max = answer.IsPositive ? ttlMax : negativeTtlMax;
        lifetime = lifetime < max ? lifetime : max;
        if (lifetime <= TimeSpan.Zero)
            return;
        var entry = new Entry(answer, time.GetTimestamp(), lifetime);
        lock (_gate)
        {
            _entries[question] = entry;
            _byAge.Enqueue((question, entry));
            _bytes += SizeOf(entry);
            while (_bytes > bytesMax && _byAge.TryDequeue(out var oldest))
            {
                _bytes -= SizeOf(oldest.Entry);
                if (_entries.TryGetValue(oldest.Question, out var present) && ReferenceEquals(present, oldest.Entry))
                    _entries.Remove(oldest.Question);
            }
        }
    }

    private static int SizeOf(Entry entry) => EntryBytes + entry.Answer.Bytes;

    private sealed record Entry(UpstreamAnswer Answer, long Since, TimeSpan Lifetime);
}
