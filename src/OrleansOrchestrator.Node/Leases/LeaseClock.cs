namespace OrleansOrchestrator.Node.Leases;

/// <summary>How long ago the control plane last acknowledged that this node is alive.</summary>
/// <remarks>
/// The monotonic clock does not count while the machine sleeps and the wall clock can be set back, so the longer of
/// the two counts. What was acknowledged before a restart of the daemon is read from the data folder.
/// </remarks>
internal sealed class LeaseClock
{
    private readonly TimeProvider _timeProvider;
    private readonly string? _file;
    private readonly Lock _lock = new();
    private long _timestamp;
    private DateTimeOffset _wall;
    private long _observedTicks;

    /// <param name="timeProvider">Both clocks.</param>
    /// <param name="file">Where the last acknowledgement is kept, or null for a node whose pods end with its process.</param>
    public LeaseClock(TimeProvider timeProvider, string? file)
    {
        _timeProvider = timeProvider;
        _file = file;
        _timestamp = timeProvider.GetTimestamp();
        _wall = ReadLast() is { } last && last < timeProvider.GetUtcNow() ? last : timeProvider.GetUtcNow();
    }

    /// <summary>The moment to remember before a renewal is sent, for <see cref="Acknowledge"/>.</summary>
    public (long Timestamp, DateTimeOffset Wall) Now => (_timeProvider.GetTimestamp(), _timeProvider.GetUtcNow());

    public TimeSpan SinceAcknowledged
    {
        get
        {
            lock (_lock)
            {
                var monotonic = _timeProvider.GetElapsedTime(_timestamp);
                var wall = _timeProvider.GetUtcNow() - _wall;
                return monotonic > wall ? monotonic : wall;
            }
        }
    }

    /// <summary>The silence when it was last measured to decide about pods; all workers decide by the same measurement.</summary>
    public TimeSpan ObservedSilence => TimeSpan.FromTicks(Interlocked.Read(ref _observedTicks));

    /// <summary>Measures the silence for the workers.</summary>
    public TimeSpan Observe()
    {
        var silence = SinceAcknowledged;
        Interlocked.Exchange(ref _observedTicks, silence.Ticks);
        return silence;
    }

    /// <summary>No pod of the node depends on the silence; the next one that comes does not find an old measurement.</summary>
    public void ForgetObserved() => Interlocked.Exchange(ref _observedTicks, 0);

    /// <summary>Notes that the renewal that was sent at the given moment was acknowledged.</summary>
    public void Acknowledge((long Timestamp, DateTimeOffset Wall) sent)
    {
        lock (_lock)
            (_timestamp, _wall) = sent;
        if (_file is not null)
            File.WriteAllText(_file, sent.Wall.ToString("O"));
    }

    private DateTimeOffset? ReadLast() =>
        _file is not null && File.Exists(_file)
        && DateTimeOffset.TryParse(File.ReadAllText(_file), System.Globalization.CultureInfo.InvariantCulture, out var time)
            ? time
            : null;
}
