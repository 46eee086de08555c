using System.Globalization;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>How long pods may still run on this node, by the last acknowledgement of the control plane or by a grant of peers.</summary>
/// <remarks>
/// Time is the machine's uptime. If the wall clock leaps ahead of it, either somebody has set the wall clock and nothing happened, or
/// the machine was suspended from outside together with its uptime, and its pods may run elsewhere by now. Only the control plane can
/// tell. So a leap puts the time in doubt: it is not counted at first, a renewal is sent at once, and if that is not acknowledged
/// within <see cref="DoubtTime"/>, the leap counts as silence. A restarted daemon reads the last state from the data folder.
/// </remarks>
internal sealed class LeaseClock
{
    /// <summary>How long a leap of the wall clock is not counted: the time of one renewal.</summary>
    public static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(2);

    // The wall clock may gain this much because its rate is adjusted. The margin between stop and replacement is longer.
    private static readonly TimeSpan LeapMin = TimeSpan.FromSeconds(1);

    // The outages to remember. A pod older than the oldest of them counts as stopped by one, which is safe.
    private const int LapsesMax = 1000;

    private readonly TimeProvider _timeProvider;
    private readonly StateFile? _file;
    private readonly Func<bool> _decidesAlone;
    private readonly Lock _lock = new();
    private readonly List<LeaseMeasurement> _lapses = [];
    private int _lapsesForgotten;
    private Moment _acknowledged;
    private Held _held;
    private long? _arrivedAt;
    private long? _doubtedSince;

    /// <param name="timeProvider">The source of both clocks; its timestamps are the machine's uptime.</param>
    /// <param name="file">The file of the last acknowledgement; null for a node whose pods end with its process.</param>
    /// <param name="decidesAlone">
    /// Whether the node's own vote suffices to run on: the control plane then replaces none of its pods, whatever the silence.
    /// </param>
    public LeaseClock(TimeProvider timeProvider, string? file, Func<bool>? decidesAlone = null)
    {
        _timeProvider = timeProvider;
        _file = file is null ? null : new StateFile(file);
        _decidesAlone = decidesAlone ?? (static () => false);
        var now = Now;
        (_acknowledged, _held, _arrivedAt) = Read(now) ?? (now, Held.Nothing(now), null);
    }

    /// <summary>The present moment. Take it before a request is sent, for <see cref="Acknowledge"/> and <see cref="Hold"/>.</summary>
    public Moment Now => new(_timeProvider.GetTimestamp(), _timeProvider.GetUtcNow());

    /// <summary>The time since the last acknowledged renewal was sent.</summary>
    public TimeSpan SinceAcknowledged => Measure().Silence;

    /// <summary>
    /// The uptime at which the last acknowledgement arrived; null if none has since the start. The node reports no beat that arrived
    /// later: see <see cref="Model.Fencing.NodeVote"/>.
    /// </summary>
    public long? ArrivedAt
    {
        get
        {
            lock (_lock)
                return _arrivedAt;
        }
    }

    /// <summary>The number of outages that have ended, for <see cref="HasLapsed"/>.</summary>
    public int Lapses
    {
        get
        {
            lock (_lock)
                return _lapsesForgotten + _lapses.Count;
        }
    }

    /// <summary>Measures how long pods may still run.</summary>
    public LeaseMeasurement Measure()
    {
        lock (_lock)
            return Measure(IsInDoubt());
    }

    /// <summary>How long a pod with this limit of silence may still run: zero or less if it must stop, unlimited on a node that decides
    /// alone.</summary>
    public TimeSpan Remaining(TimeSpan limit) => Measure().Remaining(limit);

    /// <summary>Whether a pod with this limit had to stop in any outage that ended since, or may have had to in a leap of the wall
    /// clock.</summary>
    /// <param name="since">An earlier value of <see cref="Lapses"/>.</param>
    /// <param name="limit">The limit.</param>
    public bool HasLapsed(int since, TimeSpan limit)
    {
        lock (_lock)
            return since < _lapsesForgotten || _lapses.Skip(since - _lapsesForgotten).Any(lapse => lapse.IsOver(limit));
    }

    /// <summary>Records the acknowledgement of the renewal that was sent at the given moment.</summary>
    /// <param name="sent">When the renewal was sent.</param>
    /// <param name="shortest">The shortest limit of any pod: shorter outages stop none, and are not remembered.</param>
    public void Acknowledge(Moment sent, TimeSpan shortest)
    {
        lock (_lock)
        {
            _arrivedAt = _timeProvider.GetTimestamp();

            // A late answer is no news after the answer to a later renewal.
            if (sent.Timestamp >= _acknowledged.Timestamp)
                MoveTo(sent, shortest);
            Write();
        }
    }

    private void MoveTo(Moment sent, TimeSpan shortest)
    {
        var before = Measure(isInDoubt: false);
        if (before.IsOver(shortest))
            Remember(before);
        _acknowledged = sent;
        _held = _held with { Began = TimeSpan.Zero };
    }

    /// <summary>Lets pods run on, whatever the silence, for a time from a past moment. A pod whose time was already over stays
    /// stopped.</summary>
    /// <param name="since">When the question that a majority granted was sent.</param>
    /// <param name="time">The time of the grant.</param>
    /// <param name="view">The id of the majority's view.</param>
    public void Hold(Moment since, TimeSpan time, string view)
    {
        lock (_lock)
        {
            var before = Measure(IsInDoubt());
            if (time - Since(since, countsLeap: true) <= before.Held)
                return;

            // Peers do not know what happened during a leap: they cannot let pods run on whose time may have ended in it.
            var began = before.Held > TimeSpan.Zero ? Longer(before.HeldFrom, LeapSince(_held.Since)) : before.Silence;
            _held = new Held(since, time, began, view);
            Write();
        }
    }

    /// <summary>
    /// Whether pods may be running by a grant of another view than the given one. The node must not report then that it has left that
    /// view: the control plane would stop asking its members for their votes.
    /// </summary>
    public bool IsHeldByOther(string view)
    {
        lock (_lock)
            return _held.View != view && _held.Time > Since(_held.Since, countsLeap: false);
    }

    private LeaseMeasurement Measure(bool isInDoubt) => new(
        Since(_acknowledged, !isInDoubt),
        _held.Time - Since(_held.Since, !isInDoubt),
        _held.Began,
        isInDoubt ? LeapSince(_acknowledged) : TimeSpan.Zero,
        _decidesAlone());

    /// <summary>Whether the wall clock leapt a moment ago, and no later renewal has been acknowledged.</summary>
    private bool IsInDoubt()
    {
        if (LeapSince(_acknowledged) == TimeSpan.Zero)
        {
            _doubtedSince = null;
            return false;
        }

        _doubtedSince ??= _timeProvider.GetTimestamp();
        return _timeProvider.GetElapsedTime(_doubtedSince.Value) < DoubtTime;
    }

    private TimeSpan Since(Moment moment, bool countsLeap) =>
        _timeProvider.GetElapsedTime(moment.Timestamp) + (countsLeap ? LeapSince(moment) : TimeSpan.Zero);

    /// <summary>How far the wall clock has leapt ahead of the uptime since a moment.</summary>
    private TimeSpan LeapSince(Moment moment)
    {
        var leap = _timeProvider.GetUtcNow() - moment.Wall - _timeProvider.GetElapsedTime(moment.Timestamp);
        return leap > LeapMin ? leap : TimeSpan.Zero;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private void Remember(LeaseMeasurement lapse)
    {
        _lapses.Add(lapse);
        if (_lapses.Count <= LapsesMax)
            return;
        _lapses.RemoveAt(0);
        _lapsesForgotten++;
    }

    private void Write()
    {
        string[] lines =
        [
            ProcessIdentity.BootId, Format(_acknowledged), Format(_held.Since), _held.Time.ToString("c"), _held.Began.ToString("c"),
            _arrivedAt?.ToString(CultureInfo.InvariantCulture) ?? "", _held.View,
        ];
        _file?.Write(string.Join('\n', lines) + '\n');
    }

    /// <summary>The stored state; null if there is none. After a boot only the wall clock tells how old it is.</summary>
    private (Moment Acknowledged, Held Held, long? ArrivedAt)? Read(Moment now)
    {
        if (_file?.ReadLines() is not [var boot, var acknowledged, var since, var time, var began, var arrived, .. var view]
            || Parse(acknowledged) is not { } last)
        {
            return null;
        }

        if (boot == ProcessIdentity.BootId && Parse(since) is { } held)
        {
            return (
                last,
                new Held(
                    held,
                    TimeSpan.ParseExact(time, "c", CultureInfo.InvariantCulture),
                    TimeSpan.ParseExact(began, "c", CultureInfo.InvariantCulture),
                    view.FirstOrDefault("")),
                long.TryParse(arrived, CultureInfo.InvariantCulture, out var at) ? at : null);
        }

        var ago = Longer(now.Wall - last.Wall, TimeSpan.Zero);
        return (new Moment(now.Timestamp - (long)(ago.TotalSeconds * _timeProvider.TimestampFrequency), now.Wall - ago), Held.Nothing(now), null);
    }

    private static string Format(Moment moment) => string.Create(CultureInfo.InvariantCulture, $"{moment.Timestamp} {moment.Wall:O}");

    private static Moment? Parse(string text) => text.Split(' ') is [var timestamp, var wall]
        && long.TryParse(timestamp, CultureInfo.InvariantCulture, out var ticks)
        && DateTimeOffset.TryParse(wall, CultureInfo.InvariantCulture, out var at)
            ? new Moment(ticks, at)
            : null;

    /// <summary>A moment by both clocks.</summary>
    public readonly record struct Moment(long Timestamp, DateTimeOffset Wall);

    /// <param name="Since">The start of the grant.</param>
    /// <param name="Time">The duration of the grant.</param>
    /// <param name="Began">How long the silence had lasted at the start of the unbroken series of grants.</param>
    /// <param name="View">The id of the granting view; empty if unknown.</param>
    private readonly record struct Held(Moment Since, TimeSpan Time, TimeSpan Began, string View)
    {
        public static Held Nothing(Moment now) => new(now, TimeSpan.Zero, TimeSpan.Zero, "");
    }
}

/// <summary>How long pods may still run, at one moment.</summary>
/// <param name="Silence">The time since the last acknowledged renewal was sent.</param>
/// <param name="Held">For how long peers let this node run on.</param>
/// <param name="HeldFrom">How long the silence had lasted at the start of the unbroken series of grants.</param>
/// <param name="Leap">How far the wall clock has leapt ahead without being counted yet.</param>
/// <param name="DecidesAlone">Whether the node's own vote suffices to run on.</param>
internal readonly record struct LeaseMeasurement(TimeSpan Silence, TimeSpan Held, TimeSpan HeldFrom, TimeSpan Leap, bool DecidesAlone)
{
    /// <summary>How long before its end a pod's time counts as over: the guard reads another clock, and may be early by less than
    /// this.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a pod with this limit must stop. The guard may already have stopped a pod for which this is true, so that
    /// nothing may restart it.</summary>
    public bool IsOver(TimeSpan limit) => Remaining(limit) <= Margin;

    /// <inheritdoc cref="LeaseClock.Remaining"/>
    public TimeSpan Remaining(TimeSpan limit)
    {
        if (DecidesAlone)
            return TimeSpan.MaxValue;
        var own = limit - Silence;
        return HeldFrom < limit && Held > own ? Held : own;
    }
}
