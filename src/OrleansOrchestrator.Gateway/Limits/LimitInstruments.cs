using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>Metrics of the limits on requests, under kube-apiserver's names.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/</remarks>
internal static class LimitInstruments
{
    /// <summary>The name of the gateway's meter.</summary>
    public const string MeterName = "OrleansOrchestrator.Gateway";

    /// <summary>The reason of rejected requests of a user with too many in flight.</summary>
    public const string ConcurrencyLimit = "concurrency-limit";

    /// <summary>The reason of rejected lists of a user with too many in the queue.</summary>
    public const string QueueFull = "queue-full";

    private static readonly Meter Meter = new(MeterName);

    private static readonly ConcurrentDictionary<InFlightLimiter, byte> Shown = new();

    private static readonly UpDownCounter<long> InQueue = Meter.CreateUpDownCounter<long>(
        "apiserver_current_inqueue_requests", description: "Large lists that wait for their turn.");

    private static readonly Counter<long> Rejections = Meter.CreateCounter<long>(
        "apiserver_flowcontrol_rejected_requests", description: "Requests that were refused since their user has too many of them.");

    private static readonly Histogram<double> Waits = Meter.CreateHistogram(
        "apiserver_flowcontrol_request_wait_duration",
        "s",
        "How long large lists waited for their turn.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30] });

    static LimitInstruments() => Meter.CreateObservableUpDownCounter(
        "apiserver_current_inflight_requests", MeasureInFlight, description: "Requests that are being answered, by kind; long-running ones are not counted.");

    /// <summary>Publishes what a limiter counts until <see cref="Hide"/>. The limiter counts anyway, so that a request costs nothing more.</summary>
    public static void Show(InFlightLimiter limiter) => Shown.TryAdd(limiter, 0);

    /// <summary>Ends <see cref="Show"/>.</summary>
    public static void Hide(InFlightLimiter limiter) => Shown.TryRemove(limiter, out _);

    /// <summary>Counts a list that enters the queue; with -1 one that leaves it.</summary>
    public static void CountInQueue(int delta) => InQueue.Add(delta, new KeyValuePair<string, object?>("request_kind", "readOnly"));

    /// <summary>Counts a rejected request.</summary>
    public static void Rejected(string reason) => Rejections.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>The start of a wait; 0 without a listener.</summary>
    public static long Begin() => Waits.Enabled ? Stopwatch.GetTimestamp() : 0;

    private static IEnumerable<Measurement<int>> MeasureInFlight()
    {
        var counts = Shown.Keys.Select(static limiter => limiter.InFlight).ToList();
        return
        [
            new(counts.Sum(static count => count.Reads), new KeyValuePair<string, object?>("request_kind", "readOnly")),
            new(counts.Sum(static count => count.Writes), new KeyValuePair<string, object?>("request_kind", "mutating")),
        ];
    }

    /// <summary>Records a finished wait.</summary>
    public static void Waited(long began, bool executed)
    {
        if (began != 0)
            Waits.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("execute", executed ? "true" : "false"));
    }
}
