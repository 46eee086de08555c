using System.Globalization;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>How long pods may still run here: by the last acknowledgement of the control plane, or by what peers granted.</summary>
/// <remarks>
/// The monotonic clock does not count while the machine sleeps and the wall clock can be set back, so the clock that
/// leaves less time counts. What was known before a restart of the daemon is read from the data folder.
/// </remarks>
internal sealed class LeaseClock
{
    private const int LapsesMax = 1000;

    private readonly TimeProvider _timeProvider;
    private readonly string? _file;
    private readonly Func<bool> _decidesAlone;
    private readonly Lock _lock = new();
    private readonly List<Measurement> _lapses = [];
    private int _lapsesForgotten;
    private Moment _acknowledged;
    private Held _held;

    /// <param name="timeProvider">Both clocks.</param>
    /// <param name="file">Where the last acknowledgement is kept, or null for a node whose pods end with its process.</param>
    /// <param name="decidesAlone">
    /// Whether the node's own vote is enough to run on: the control plane then replaces none of its pods, whatever the silence.
    /// </param>
    public LeaseClock(TimeProvider timeProvider, string? file, Func<bool>? decidesAlone = null)
    {
        _timeProvider = timeProvider;
        _file = file;
        _decidesAlone = decidesAlone ?? (static () => false);
        var now = Now;
        (_acknowledged, _held) = Read(now) ?? (now, new Held(now, TimeSpan.Zero, TimeSpan.Zero));
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

    /// <summary>How many outages have ended so far, for <see cref="HasLapsed"/>.</summary>
    public int Lapses
    {
        get
        {
            lock (_lock)
                return _lapsesForgotten + _lapses.Count;
        }
    }

    /// <summary>How long a pod with this limit of silence may still run; zero or less if it has to stop, and no end for a node that decides alone.</summary>
    public TimeSpan Remaining(TimeSpan limit)
    {
        if (_decidesAlone())
            return TimeSpan.MaxValue;
        lock (_lock)
            return Measure().Remaining(limit);
    }

    /// <summary>Whether the time of a pod with this limit was over in any of the outages that ended since.</summary>
    /// <param name="since">What <see cref="Lapses"/> was.</param>
    /// <param name="limit">The limit.</param>
    public bool HasLapsed(int since, TimeSpan limit)
    {
        lock (_lock)
            return since < _lapsesForgotten || _lapses.Skip(since - _lapsesForgotten).Any(lapse => lapse.Remaining(limit) <= TimeSpan.Zero);
    }

    /// <summary>Notes that the renewal that was sent at the given moment was acknowledged.</summary>
    /// <param name="sent">The moment.</param>
    /// <param name="shortest">The limit of silence that no pod is below: shorter outages stop none, and are not remembered.</param>
    public void Acknowledge(Moment sent, TimeSpan shortest)
    {
        lock (_lock)
        {
            // An answer that was long on its way is no news after one to a later question.
            var before = Measure();
            if (Since(sent) > before.Silence)
                return;
            if (before.Remaining(shortest) <= TimeSpan.Zero && !_decidesAlone())
                Remember(before);
            _acknowledged = sent;
            _held = _held with { Began = TimeSpan.Zero };
            Write();
        }
    }

    /// <summary>Lets pods run on, whatever the silence, for a time that counts from a moment in the past. A pod whose time was over stays stopped.</summary>
    /// <param name="since">When the question was sent that a majority granted.</param>
    /// <param name="time">For how long it was granted.</param>
    public void Hold(Moment since, TimeSpan time)
    {
        lock (_lock)
        {
            var (silence, rest, began) = Measure();
            if (time - Since(since) <= rest)
                return;
            _held = new Held(since, time, rest > TimeSpan.Zero ? began : silence);
            Write();
        }
    }

    private Measurement Measure() => new(Since(_acknowledged), _held.Time - Since(_held.Since), _held.Began);

    private TimeSpan Since(Moment moment)
    {
        var monotonic = _timeProvider.GetElapsedTime(moment.Timestamp);
        var wall = _timeProvider.GetUtcNow() - moment.Wall;
        return monotonic > wall ? monotonic : wall;
    }

    private void Remember(Measurement lapse)
    {
        _lapses.Add(lapse);
        if (_lapses.Count <= LapsesMax)
            return;
        _lapses.RemoveAt(0);
        _lapsesForgotten++;
    }

    private void Write()
    {
        if (_file is not null)
            File.WriteAllLines(_file, [_acknowledged.Wall.ToString("O"), (_held.Since.Wall + _held.Time).ToString("O"), _held.Began.ToString("c")]);
    }

    private (Moment Acknowledged, Held Held)? Read(Moment now)
    {
        if (_file is null || !File.Exists(_file) || File.ReadAllLines(_file) is not [var first, .. var rest]
            || !DateTimeOffset.TryParse(first, CultureInfo.InvariantCulture, out var acknowledged))
        {
            return null;
        }

        var last = now with { Wall = acknowledged < now.Wall ? acknowledged : now.Wall };
        var isHeld = DateTimeOffset.TryParse(rest.ElementAtOrDefault(0), CultureInfo.InvariantCulture, out var until)
            & TimeSpan.TryParse(rest.ElementAtOrDefault(1), CultureInfo.InvariantCulture, out var began);
        return (last, isHeld && acknowledged <= now.Wall ? new Held(now, until - now.Wall, began) : new Held(now, TimeSpan.Zero, TimeSpan.Zero));
    }

    /// <summary>A moment by both clocks.</summary>
    public readonly record struct Moment(long Timestamp, DateTimeOffset Wall);

    /// <param name="Since">From when.</param>
    /// <param name="Time">For how long.</param>
    /// <param name="Began">How long the silence had lasted when it began, without a gap since.</param>
    private readonly record struct Held(Moment Since, TimeSpan Time, TimeSpan Began);

    /// <param name="Silence">The time since the last acknowledged renewal was sent.</param>
    /// <param name="Held">For how long peers let this node run on from now.</param>
    /// <param name="HeldFrom">How long the silence had lasted when they began to, without a gap since.</param>
    private readonly record struct Measurement(TimeSpan Silence, TimeSpan Held, TimeSpan HeldFrom)
    {
        public TimeSpan Remaining(TimeSpan limit)
        {
            var own = limit - Silence;
            return HeldFrom < limit && Held > own ? Held : own;
        }
    }
}
