using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.GarbageCollection;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Telemetry;
using OrleansOrchestrator.Node.Thresholds;
using k8s.Models;

namespace OrleansOrchestrator.Node.Eviction;

/// <summary>
/// Looks from time to time how much is left of what pods share, and ends one pod after the other while it is too little. Ends pods that
/// have more on disks than they may.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/.</remarks>
internal sealed partial class EvictionAgent(
    NodeAgentOptions options,
    Func<NodeReadings> read,
    PodDirectory pods,
    PodMeter meter,
    NodePressure pressure,
    GarbageCollector garbage,
    EventRecorder events,
    NodeInstruments instruments,
    TimeProvider timeProvider,
    ILogger logger)
{
    // The grace period of pods that are evicted at once.
    private static readonly TimeSpan HardGrace = TimeSpan.FromSeconds(1);

    // How long an evicted pod may take to go before the next one goes, as with the kubelet.
    private static readonly TimeSpan RemovalTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    // The measurement of a pod's files takes at most this part of the time.
    private const int StorageTimeDivisor = 50;

    // A disk holds a few million files; what is found until then is compared with the limits all the same.
    private static readonly TimeSpan StorageTimeMax = TimeSpan.FromMinutes(5);

    // When a disk is short, which pod goes is decided by what can be measured in this time.
    private static readonly TimeSpan RankingTimeMax = TimeSpan.FromSeconds(20);

    private readonly ILogger _logger = logger;
    private readonly IReadOnlyList<EvictionThreshold> _thresholds = options.Thresholds;
    private PressureHistory _history = PressureHistory.Empty;
    private long _startedAt;
    private readonly Dictionary<string, TimeSpan> _storageAt = new(StringComparer.Ordinal);
    private NodeReadings? _readings;

    private TimeSpan Now => timeProvider.GetElapsedTime(_startedAt);

    public Task RunAsync(CancellationToken cancellationToken)
    {
        _startedAt = timeProvider.GetTimestamp();
        return Task.WhenAll(
            SupervisedLoop.RunAsync("eviction agent", LookAsync, timeProvider, _logger, cancellationToken),
            SupervisedLoop.RunAsync("storage limits", EndThoseBeyondTheirLimitsAsync, timeProvider, _logger, cancellationToken));
    }

    private async Task<TimeSpan?> LookAsync(CancellationToken cancellationToken)
    {
        var readings = Observe();
        if (_history.Due is not [var threshold, ..])
            return options.EvictionMonitoringPeriod;

        events.RecordOfNode(EventType.Warning, "EvictionThresholdMet", $"Attempting to reclaim {threshold.Signal.Resource}");
        var isOfDisk = threshold.Signal.Condition == PressureCondition.Disk;
        if (isOfDisk)
        {
            await garbage.ReclaimAsync(withImages: !readings.HasImageFs || threshold.Signal.IsOfImages, cancellationToken);
            readings = Observe();
            if (!PressureHistory.IsShort(_thresholds, readings))
                return options.EvictionMonitoringPeriod;
        }

        var candidates = Candidates().Select(one => (one.Pod, one.Seen)).ToList();
        var measured = isOfDisk ? await meter.MeasureStorageAsync(candidates, RankingTimeMax, cancellationToken) : await meter.MeasureAsync(candidates, cancellationToken);
        if (EvictionRanking.Rank(measured, threshold.Signal, readings.HasImageFs) is not [var first, ..])
        {
            LogNobody(threshold.Signal.Name);
            return options.EvictionMonitoringPeriod;
        }

        var failure = EvictionRanking.FailureOf(first, threshold, readings.Signals.GetValueOrDefault(threshold.Signal));
        var limit = threshold.IsHard ? HardGrace : options.EvictionMaxPodGracePeriod;
        await EvictAsync([(first.Pod, new PodEnding(failure, limit), threshold.Signal.Name)], cancellationToken);
        return TimeSpan.Zero;
    }

    /// <summary>Reads how much is left, and publishes what the node is short of.</summary>
    private NodeReadings Observe()
    {
        var readings = read();
        Volatile.Write(ref _readings, readings);
        _history = _history.Next(_thresholds, readings, options.EvictionPressureTransitionPeriod, Now);
        var before = pressure.Conditions;
        pressure.Conditions = _history.Conditions;
        foreach (var condition in PressureCondition.All)
        {
            var holds = _history.Conditions.Contains(condition);
            if (holds != before.Contains(condition))
                events.RecordOfNode(EventType.Normal, holds ? condition.Event : condition.EventWithout, $"Node {options.Name} status is now: {(holds ? condition.Event : condition.EventWithout)}");
        }

        return readings;
    }

    /// <summary>Measures one pod after the other: one with very many files holds up neither the others nor the node's own decisions.</summary>
    private async Task<TimeSpan?> EndThoseBeyondTheirLimitsAsync(CancellationToken cancellationToken)
    {
        var limited = Candidates().Where(one => StorageLimits.HasAny(one.Pod)).ToList();
        foreach (var gone in _storageAt.Keys.Except(limited.Select(one => one.Worker.Uid), StringComparer.Ordinal).ToList())
            _storageAt.Remove(gone);
        foreach (var (worker, pod, seen) in limited.Where(one => Now >= _storageAt.GetValueOrDefault(one.Worker.Uid)))
        {
            if (Volatile.Read(ref _readings) is not { } readings)
                continue;
            var began = Now;
            try
            {
                var measured = await meter.MeasureStorageAsync([(pod, seen)], StorageTimeMax, cancellationToken);
                if (measured is [{ Usage: { } usage }] && StorageLimits.FindExcess(pod, usage, readings.HasImageFs) is { } excess)
                    await EvictAsync([(pod, new PodEnding(PodFailures.Evicted(excess.Message, isDisrupted: false), HardGrace), excess.Signal)], cancellationToken);
            }
            catch (RuntimeException exception)
            {
                LogUnmeasured(pod.Metadata.NamespaceProperty, pod.Metadata.Name, exception.Message);
            }

            _storageAt[worker.Uid] = Now + ((Now - began) * StorageTimeDivisor);
        }

        return options.EvictionMonitoringPeriod;
    }

    /// <summary>The pods of which something runs, or may soon. Fenced ones have been killed, and the control plane decides about them when it is
    /// back.</summary>
    // Pod and sandbox are read once: a pod may end at any moment.
    private IEnumerable<(PodWorker Worker, V1Pod Pod, PodSandbox Seen)> Candidates() => pods.Workers
        .Where(worker => worker is { IsEvicted: false, IsFenced: false, HasEnded: false })
        .Select(worker => (Worker: worker, worker.Pod, worker.Seen))
        .Where(one => one is { Pod.IsTerminal: false, Seen: not null } && !CriticalPods.IsCritical(one.Pod))
        .Select(one => (one.Worker, one.Pod!, one.Seen!));

    /// <summary>Ends pods, and waits until nothing is left of them, whether or not the API knows.</summary>
    private async Task EvictAsync(IReadOnlyCollection<(V1Pod Pod, PodEnding Ending, string Signal)> evictions, CancellationToken cancellationToken)
    {
        var left = new List<PodWorker>();
        foreach (var (pod, ending, signal) in evictions)
        {
            if (pods.Find(pod.Metadata.NamespaceProperty, pod.Metadata.Name) is not { } worker || worker.Uid != pod.Metadata.Uid)
                continue;
            LogEvicted(pod.Metadata.NamespaceProperty, pod.Metadata.Name, ending.Failure.Message);
            instruments.Evicted(signal);
            worker.Evict(ending);
            left.Add(worker);
        }

        var began = Now;
        while (left.Exists(worker => worker.Seen is not null) && Now - began < RemovalTime)
            await Task.Delay(PollInterval, timeProvider, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pod {Namespace}/{Name} is evicted: {Reason}")]
    private partial void LogEvicted(string @namespace, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What pod {Namespace}/{Name} has on disks could not be measured: {Reason}")]
    private partial void LogUnmeasured(string @namespace, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Too little is left of {Signal}, and there is no pod that the node may evict")]
    private partial void LogNobody(string signal);
}
