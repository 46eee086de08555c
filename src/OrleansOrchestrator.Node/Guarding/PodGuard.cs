using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Guarding;

/// <summary>Keeps how long each pod of the node may run without the control plane, and feeds it to the guard process.</summary>
/// <remarks>
/// The feed is one file that is replaced as a whole. Its first line has the feed's number, the earliest deadline, the lead of the wall
/// clock over the uptime as far as the deadlines account for it, and the daemon's process. A line for each pod follows: deadline, limit
/// in milliseconds, uid, cgroup, folder. Deadlines are uptimes; they and the lead are in hundredths of a second. A restarted daemon
/// reads the limits from the feed.
/// </remarks>
internal sealed partial class PodGuard
{
    // The deadline of a pod without a limit, in hundredths of a second: 317 years of uptime.
    private const long Never = 999_999_999_999;
    private const string Nothing = "-";
    private static readonly PodPlace Nowhere = new(null, null);

    // Two measurements of the same deadline, or of the same lead, may differ by this much, in hundredths of a second.
    private const long Jitter = 5;
    private const long LeadJitter = 20;

    private const long TicksPerHundredth = TimeSpan.TicksPerSecond / 100;

    private readonly GuardProcess? _process;
    private readonly Func<string, PodPlace?> _placeOf;
    private readonly LeaseClock _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, TimeSpan?> _limits = new(StringComparer.Ordinal);
    private Feeding _last = new(0, []);

    /// <param name="process">The guard; null on a node whose pods end with the daemon.</param>
    /// <param name="placeOf">The location of a pod's processes; null if the guard cannot reach them.</param>
    /// <param name="clock">Tells how long pods may run.</param>
    /// <param name="logger">Receives faults.</param>
    public PodGuard(GuardProcess? process, Func<string, PodPlace?> placeOf, LeaseClock clock, ILogger logger)
    {
        _process = process;
        _placeOf = placeOf;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Whether a guard needs new deadlines soon.</summary>
    public bool IsFeeding => _process is not null;

    /// <summary>The pods that must not run now.</summary>
    public IEnumerable<string> Fenced => _limits.Keys.Where(IsFenced);

    /// <summary>Takes over pods of an earlier daemon, with the limits of its last feed, or else those of their containers.</summary>
    public void Adopt(IEnumerable<KeyValuePair<string, TimeSpan?>> pods)
    {
        var fed = ReadFedLimits();
        foreach (var (uid, limit) in pods)
            _limits[uid] = fed.TryGetValue(uid, out var last) ? last : limit;
        Feed();
    }

    /// <summary>Why no pod with a limit may start: the guard could not be fed or started. Null if it guards.</summary>
    public string? Fault { get; private set; }

    /// <summary>Sets how long the pod may run without an acknowledged renewal. The guard has it when this returns, if <see
    /// cref="IsGuarded"/>.</summary>
    public void Set(string podUid, TimeSpan? limit)
    {
        if (_limits.TryGetValue(podUid, out var known) && known == limit)
            return;
        _limits[podUid] = limit;
        Feed();
    }

    public void Remove(string podUid) => _limits.TryRemove(podUid, out _);

    /// <summary>Whether the pod must not run.</summary>
    public bool IsFenced(string podUid) => _limits.TryGetValue(podUid, out var known) && known is { } limit && _clock.Measure().IsOver(limit);

    /// <summary>
    /// Whether a guard runs that ends the pod no later than the pod's limit says. Until then no process of the pod may start, and nobody
    /// may be told that the node acts by that limit.
    /// </summary>
    public bool IsGuarded(string podUid)
    {
        if (_process is null)
            return true;
        lock (_lock)
        {
            return Fault is null && _limits.TryGetValue(podUid, out var known)
                && (known is not { } limit || _last.Pods.Any(pod => pod.Uid == podUid && pod.Limit <= limit));
        }
    }

    /// <summary>Writes the present deadlines for the guard, and restarts it if it is gone.</summary>
    public GuardState Feed()
    {
        var measured = _clock.Measure();
        var isFed = _process is null || TryFeed(_process, measured);
        var rest = _limits.Values.OfType<TimeSpan>().Distinct().Select(limit => (TimeSpan?)(measured.Remaining(limit) - LeaseMeasurement.Margin)).Min();
        return new GuardState(isFed, rest, measured.Leap);
    }

    /// <summary>Ends the guard, after all pods of the node have ended for good.</summary>
    public Task EndAsync() => _process?.EndAsync() ?? Task.CompletedTask;

    private bool TryFeed(GuardProcess process, LeaseMeasurement measured)
    {
        lock (_lock)
        {
            try
            {
                var feeding = FeedingOf(measured);
                if (!feeding.IsLike(_last))
                    Write(process, feeding);
                if (feeding.Pods.Any(pod => pod.Place != Nowhere))
                    process.EnsureRunning();
                Fault = null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
            {
                if (Fault is null)
                    LogUnfed(exception.Message);
                Fault = $"the guard of the node's pods cannot be fed: {exception.Message}";
            }

            return Fault is null;
        }
    }

    private Feeding FeedingOf(LeaseMeasurement measured)
    {
        var uptime = Uptime();
        var lead = (_clock.Now.Wall - measured.Leap - DateTimeOffset.UnixEpoch).Ticks / TicksPerHundredth;
        var pods = new List<FedPod>();
        foreach (var (uid, known) in _limits)
        {
            // The next daemon reads the limits also of pods that no guard can reach.
            if (known is { } limit)
                pods.Add(new FedPod(uid, limit, DeadlineOf(measured.Remaining(limit), uptime), _placeOf(uid) ?? Nowhere));
        }

        return new Feeding(lead - uptime, [.. pods.OrderBy(pod => pod.Uid, StringComparer.Ordinal)]);
    }

    /// <summary>A pod without a limit keeps its line in the feed, with a constant deadline.</summary>
    private static long DeadlineOf(TimeSpan remaining, long uptime) =>
        (long)Math.Clamp((remaining.TotalMilliseconds / 10) + uptime, 0, Never - 1);

    private void Write(GuardProcess process, Feeding feeding)
    {
        var soonest = feeding.Pods.Count == 0 ? Never : feeding.Pods.Min(pod => pod.Deadline);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Uptime()}.{Guid.NewGuid():N} {soonest} {feeding.Lead} {System.Environment.ProcessId}\n");
        foreach (var pod in feeding.Pods)
        {
            text.Append(CultureInfo.InvariantCulture, $"{pod.Deadline} {(long)pod.Limit.TotalMilliseconds} {pod.Uid} ");
            text.Append(CultureInfo.InvariantCulture, $"{pod.Place.Cgroup ?? Nothing} {pod.Place.Folder ?? Nothing}\n");
        }

        process.Write(text.ToString());
        _last = feeding;
    }

    private Dictionary<string, TimeSpan?> ReadFedLimits()
    {
        var limits = new Dictionary<string, TimeSpan?>(StringComparer.Ordinal);
        foreach (var line in _process?.ReadFeed().Skip(1) ?? [])
        {
            var parts = line.Split(' ', 4);
            if (parts.Length == 4 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
                limits[parts[2]] = TimeSpan.FromMilliseconds(milliseconds);
        }

        return limits;
    }

    private static long Uptime()
    {
        var text = File.ReadAllText("/proc/uptime");
        return (long)(decimal.Parse(text.AsSpan(0, text.IndexOf(' ')), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * 100);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The guard process could not be fed: {Reason}. Pods end when their time is over, and none starts")]
    private partial void LogUnfed(string reason);

    private sealed record FedPod(string Uid, TimeSpan Limit, long Deadline, PodPlace Place);

    /// <param name="Lead">The wall clock's lead over the uptime, in hundredths of a second.</param>
    /// <param name="Pods">The pods with a deadline, by uid.</param>
    private sealed record Feeding(long Lead, IReadOnlyList<FedPod> Pods)
    {
        public bool IsLike(Feeding other) =>
            Math.Abs(Lead - other.Lead) <= LeadJitter
            && Pods.Count == other.Pods.Count
            && Pods.Zip(other.Pods).All(pair =>
                pair.First with { Deadline = pair.Second.Deadline } == pair.Second
                && Math.Abs(pair.First.Deadline - pair.Second.Deadline) <= Jitter);
    }
}

/// <summary>The state of a node's guard at one moment.</summary>
/// <param name="IsFed">Whether the guard has the present deadlines; false if the feed could not be written.</param>
/// <param name="Rest">The time until the next pod must stop; null if no pod has a limit.</param>
/// <param name="Leap">How far the wall clock has leapt ahead without being counted yet.</param>
internal readonly record struct GuardState(bool IsFed, TimeSpan? Rest, TimeSpan Leap);
