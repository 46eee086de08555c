using System.Globalization;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>How long pods may still run here: by the last acknowledgement of the control plane, or by what peers granted.</summary>
/// <remarks>
/// The monotonic clock does not count while the machine sleeps and the wall clock can be set back, so the clock that
/// leaves less time counts. What was known before a restart of the daemon is read from the data folder.
/// </remarks>
internal sealed class LeaseClock
{
    private readonly TimeProvider _timeProvider;
    private readonly string? _file;
    private readonly Lock _lock = new();
    private Moment _acknowledged;
    private (Moment Since, TimeSpan Time) _hold;
    private Measurement _observed = Measurement.Fresh;

    /// <param name="timeProvider">Both clocks.</param>
    /// <param name="file">Where the last acknowledgement is kept, or null for a node whose pods end with its process.</param>
    public LeaseClock(TimeProvider timeProvider, string? file)
    {
        _timeProvider = timeProvider;
        _file = file;
        var now = Now;
        var (acknowledged, heldUntil) = Read();
        _acknowledged = now with { Wall = Earlier(acknowledged, now.Wall) };
        _hold = (now, heldUntil is { } until && acknowledged is { } last && last <= now.Wall && until > now.Wall ? until - now.Wall : TimeSpan.Zero);
    }

    /// <summary>The moment to remember before a question is sent, for <see cref="Acknowledge"/> and <see cref="Hold"/>.</summary>
    public Moment Now => new(_timeProvider.GetTimestamp(), _timeProvider.GetUtcNow());

    /// <summary>The time since the last acknowledged renewal was sent.</summary>
    public TimeSpan SinceAcknowledged
    {
        get
        {
            lock (_lock)
                return Since(_acknowledged);
        }
    }

    /// <summary>How long a pod with this limit of silence may still run; zero or less if it has to stop.</summary>
    public TimeSpan Remaining(TimeSpan limit) => Measure().Remaining(limit);

    /// <summary>The same by the measurement by which all workers decide, so that none is ahead of the others.</summary>
    public TimeSpan ObservedRemaining(TimeSpan limit) => Volatile.Read(ref _observed).Remaining(limit);

    /// <summary>Measures for the workers.</summary>
    public TimeSpan Observe()
    {
        var measured = Measure();
        Volatile.Write(ref _observed, measured);
        return measured.Silence;
    }

    /// <summary>No pod of the node depends on the silence; the next one that comes does not find an old measurement.</summary>
    public void ForgetObserved() => Volatile.Write(ref _observed, Measurement.Fresh);

    /// <summary>Notes that the renewal that was sent at the given moment was acknowledged.</summary>
    public void Acknowledge(Moment sent)
    {
        lock (_lock)
            _acknowledged = sent;
        Write();
    }

    /// <summary>Lets all pods run, whatever the silence, for a time that counts from a moment in the past.</summary>
    /// <param name="since">When the question was sent that a majority granted.</param>
    /// <param name="time">For how long it was granted.</param>
    public void Hold(Moment since, TimeSpan time)
    {
        lock (_lock)
        {
            if (time - Since(since) <= _hold.Time - Since(_hold.Since))
                return;
            _hold = (since, time);
        }

        Write();
    }

    private Measurement Measure()
    {
        lock (_lock)
            return new Measurement(Since(_acknowledged), _hold.Time - Since(_hold.Since));
    }

    private TimeSpan Since(Moment moment)
    {
        var monotonic = _timeProvider.GetElapsedTime(moment.Timestamp);
        var wall = _timeProvider.GetUtcNow() - moment.Wall;
        return monotonic > wall ? monotonic : wall;
    }

    private void Write()
    {
        if (_file is null)
            return;
        lock (_lock)
            File.WriteAllText(_file, $"{_acknowledged.Wall:O}\n{_hold.Since.Wall + _hold.Time:O}\n");
    }

    private (DateTimeOffset? Acknowledged, DateTimeOffset? HeldUntil) Read()
    {
        if (_file is null || !File.Exists(_file))
            return (null, null);
        var lines = File.ReadAllLines(_file);
        return (Time(lines.ElementAtOrDefault(0)), Time(lines.ElementAtOrDefault(1)));

        static DateTimeOffset? Time(string? text) =>
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;
    }

    private static DateTimeOffset Earlier(DateTimeOffset? left, DateTimeOffset right) => left < right ? left.Value : right;

    /// <summary>A moment by both clocks.</summary>
    public readonly record struct Moment(long Timestamp, DateTimeOffset Wall);

    private sealed record Measurement(TimeSpan Silence, TimeSpan Held)
    {
        public static readonly Measurement Fresh = new(TimeSpan.Zero, TimeSpan.Zero);

        public TimeSpan Remaining(TimeSpan limit) => limit - Silence > Held ? limit - Silence : Held;
    }
}
