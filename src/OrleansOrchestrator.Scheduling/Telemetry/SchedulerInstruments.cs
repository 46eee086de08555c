using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansOrchestrator.Scheduling.Telemetry;

/// <summary>Metrics of the scheduler, under kube-scheduler's names.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/. Without a listener each costs one check.</remarks>
public static class SchedulerInstruments
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansOrchestrator.Scheduling";

    private static readonly InstrumentAdvice<double> Short = new() { HistogramBucketBoundaries = Doubling(0.00001, 20) };
    private static readonly InstrumentAdvice<double> Attempt = new() { HistogramBucketBoundaries = Doubling(0.0001, 17) };
    private static readonly InstrumentAdvice<double> Waiting = new() { HistogramBucketBoundaries = Doubling(0.01, 20) };
    private static readonly InstrumentAdvice<int> Counts = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64] };

    private static readonly Meter Meter = new(MeterName);

    private static readonly ConcurrentDictionary<PendingPods, byte> Shown = new();

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "scheduler_schedule_attempts", description: "Attempts to schedule pods, by result.");

    private static readonly Histogram<double> AttemptDurations = Meter.CreateHistogram(
        "scheduler_scheduling_attempt_duration", "s", "How long attempts took, binding included.", advice: Attempt);

    private static readonly Histogram<int> AttemptsOfPod = Meter.CreateHistogram(
        "scheduler_pod_scheduling_attempts", description: "How many attempts pods needed that were scheduled.", advice: Counts);

    private static readonly Histogram<double> PodDurations = Meter.CreateHistogram(
        "scheduler_pod_scheduling_sli_duration", "s", "How long pods waited from their arrival in the queue until they were bound.", advice: Waiting);

    private static readonly Histogram<double> PointDurations = Meter.CreateHistogram(
        "scheduler_framework_extension_point_duration", "s", "How long all plugins of an extension point took.", advice: Attempt);

    private static readonly Histogram<double> PluginDurations = Meter.CreateHistogram(
        "scheduler_plugin_execution_duration", "s", "How long one plugin took at an extension point.", advice: Short);

    private static readonly Counter<long> Preemptions = Meter.CreateCounter<long>(
        "scheduler_preemption_attempts", description: "How often room was looked for by preemption.");

    private static readonly Histogram<int> Victims = Meter.CreateHistogram(
        "scheduler_preemption_victims", description: "How many pods were chosen to make room for one.", advice: Counts);

    static SchedulerInstruments()
    {
        Meter.CreateObservableUpDownCounter(
            "scheduler_pending_pods", static () => PendingPods.Places(Shown.Keys), description: "Pods that wait, by queue.");
        Meter.CreateObservableUpDownCounter(
            "scheduler_unschedulable_pods", static () => PendingPods.Plugins(Shown.Keys), description: "Pods that fit nowhere, by the plugins that say so.");
    }

    /// <summary>Publishes the pods of a queue until the result is disposed.</summary>
    public static IDisposable Show(PendingPods pods)
    {
        Shown[pods] = 0;
        return new Showing(pods);
    }

    /// <summary>Records a finished attempt.</summary>
    /// <param name="profile">The scheduler's name.</param>
    /// <param name="result">The result.</param>
    /// <param name="elapsed">The duration.</param>
    public static void Attempted(string profile, AttemptResult result, TimeSpan elapsed)
    {
        if (!Attempts.Enabled && !AttemptDurations.Enabled)
            return;
        var tags = new TagList { { "profile", profile }, { "result", NameOf(result) } };
        Attempts.Add(1, tags);
        AttemptDurations.Record(elapsed.TotalSeconds, tags);
    }

    /// <summary>Records that a pod has a node.</summary>
    /// <param name="attempts">The number of attempts.</param>
    /// <param name="waited">The pod's time in the queue.</param>
    public static void Scheduled(int attempts, TimeSpan waited)
    {
        AttemptsOfPod.Record(attempts);
        PodDurations.Record(waited.TotalSeconds);
    }

    /// <summary>Records a preemption attempt.</summary>
    /// <param name="victims">The number of victims; 0 if preemption does not help.</param>
    public static void Preempted(int victims)
    {
        Preemptions.Add(1);
        if (victims > 0)
            Victims.Record(victims);
    }

    /// <summary>The start of a measurement; 0 without a listener.</summary>
    internal static long Begin() => PointDurations.Enabled || PluginDurations.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Records a finished plugin call.</summary>
    internal static void PluginEnded(long began, string plugin, string point, bool passes = true)
    {
        if (began != 0)
            PluginDurations.Record(Seconds(began), new TagList { { "plugin", plugin }, { "extension_point", point }, { "status", StatusOf(passes) } });
    }

    /// <summary>Records that all plugins of an extension point have finished.</summary>
    internal static void PointEnded(long began, string profile, string point, bool passes = true)
    {
        if (began != 0)
            PointDurations.Record(Seconds(began), new TagList { { "extension_point", point }, { "profile", profile }, { "status", StatusOf(passes) } });
    }

    private static double Seconds(long began) => Stopwatch.GetElapsedTime(began).TotalSeconds;

    private static string StatusOf(bool passes) => passes ? "Success" : "Unschedulable";

    private static string NameOf(AttemptResult result) => result switch
    {
        AttemptResult.Scheduled => "scheduled",
        AttemptResult.Unschedulable => "unschedulable",
        _ => "error",
    };

    private static double[] Doubling(double first, int count) => [.. Enumerable.Range(0, count).Select(i => first * Math.Pow(2, i))];

    private sealed class Showing(PendingPods pods) : IDisposable
    {
        public void Dispose() => Shown.TryRemove(pods, out _);
    }
}

/// <summary>The result of a scheduling attempt.</summary>
public enum AttemptResult
{
    /// <summary>The pod is bound.</summary>
    Scheduled,

    /// <summary>No node fits.</summary>
    Unschedulable,

    /// <summary>The attempt failed for another reason.</summary>
    Error,
}
