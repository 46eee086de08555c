namespace OrleansOrchestrator.Node.Probes;

/// <summary>How the probes of one kind of a container went, over all of its restarts.</summary>
/// <param name="kind">Liveness, Readiness or Startup.</param>
/// <param name="container">The container.</param>
internal sealed class ProbeStatistics(string kind, string container)
{
    /// <summary>The bounds of the buckets of durations, in seconds.</summary>
    public static readonly double[] BucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[BucketsSeconds.Length + 1];
    private long _successes;
    private long _failures;
    private double _seconds;

    public string Kind { get; } = kind;

    public string Container { get; } = container;

    public void Add(bool succeeded, TimeSpan took)
    {
        lock (_gate)
        {
            if (succeeded)
                _successes++;
            else
                _failures++;
            _seconds += took.TotalSeconds;
            var bucket = Array.FindIndex(BucketsSeconds, bound => took.TotalSeconds <= bound);
            _buckets[bucket < 0 ? BucketsSeconds.Length : bucket]++;
        }
    }

    /// <summary>What there was up to now. The buckets are not cumulative.</summary>
    public (long Successes, long Failures, double Seconds, long[] Buckets) Read()
    {
        lock (_gate)
            return (_successes, _failures, _seconds, [.. _buckets]);
    }
}
