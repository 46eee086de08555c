using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansOrchestrator.Node.Telemetry;

/// <summary>Metrics of one node daemon, under the kubelet's names where it has them.</summary>
/// <remarks>
/// https://kubernetes.io/docs/reference/instrumentation/metrics/. Each daemon has its own meter, so that several in one process do not
/// add up; all meters have the same name. Without a listener an event costs one check.
/// </remarks>
internal sealed class NodeInstruments : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansOrchestrator.Node";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    };

    private readonly Counter<long> _podsStarted;
    private readonly Counter<long> _podStartsFailed;
    private readonly Histogram<double> _podStarts;
    private readonly Counter<long> _containersStarted;
    private readonly Counter<long> _containerStartsFailed;
    private readonly Histogram<double> _containerStarts;
    private readonly Histogram<double> _syncs;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _operationsFailed;
    private readonly Histogram<double> _operationDurations;
    private readonly Counter<long> _renewals;
    private readonly Histogram<double> _lateness;
    private readonly Counter<long> _fences;
    private readonly Counter<long> _evictions;
    private Func<int> _runningPods = static () => 0;
    private Func<IEnumerable<Measurement<int>>> _containers = static () => [];

    public NodeInstruments()
    {
        Meter = new Meter(MeterName);
        _podsStarted = Counter("kubelet_started_pods", "Pod sandboxes whose start was tried.");
        _podStartsFailed = Counter("kubelet_started_pods_errors", "Pod sandboxes that could not be started.");
        _podStarts = Histogram("kubelet_pod_start_duration", "How long it took from the creation of a pod until its first container ran.");
        _containersStarted = Counter("kubelet_started_containers", "Containers whose start was tried, by type.");
        _containerStartsFailed = Counter("kubelet_started_containers_errors", "Containers that could not be started, by type and reason.");
        _containerStarts = Histogram("orchestrator_node_container_start_duration", "How long it took to create and start a container, its image being here.");
        _syncs = Histogram("kubelet_pod_worker_duration", "How long one step of a pod's worker took, by what it did.");
        _operations = Counter("kubelet_runtime_operations", "Calls of the container runtime, by kind.");
        _operationsFailed = Counter("kubelet_runtime_operations_errors", "Calls of the container runtime that failed, by kind.");
        _operationDurations = Histogram("kubelet_runtime_operations_duration", "How long calls of the container runtime took, by kind.");
        _renewals = Counter("orchestrator_node_lease_renewals", "Renewals of the node's lease, by outcome.");
        _lateness = Histogram("orchestrator_node_lease_renewal_lateness", "How much later than planned a renewal was acknowledged.");
        Meter.CreateObservableGauge("kubelet_running_pods", () => _runningPods(), description: "Pods of which something runs.");
        Meter.CreateObservableGauge("kubelet_running_containers", () => _containers(), description: "Containers, by state.");
        _evictions = Counter("kubelet_evictions", "Pods that the node has evicted, by what was short.");
        _fences = Counter("orchestrator_node_fences", "How often the time without an acknowledged renewal was over.");
    }

    /// <summary>The meter of this daemon.</summary>
    public Meter Meter { get; }

    /// <summary>Publishes the numbers of running pods and containers.</summary>
    public void Observe(Func<int> runningPods, Func<IEnumerable<Measurement<int>>> containers) => (_runningPods, _containers) = (runningPods, containers);

    /// <summary>Records the start of a pod's sandbox.</summary>
    public void SandboxStarted(bool succeeded)
    {
        _podsStarted.Add(1);
        if (!succeeded)
            _podStartsFailed.Add(1);
    }

    /// <summary>Records that the first container of a pod runs.</summary>
    public void PodStarted(TimeSpan sinceCreation) => _podStarts.Record(Math.Max(0, sinceCreation.TotalSeconds));

    /// <summary>Records the start of a container.</summary>
    /// <param name="isInit">Whether it is an init container.</param>
    /// <param name="failure">The reason in its status; null if it runs.</param>
    public void ContainerStarted(bool isInit, string? failure)
    {
        var type = new KeyValuePair<string, object?>("container_type", isInit ? "init_container" : "container");
        _containersStarted.Add(1, type);
        if (failure is not null)
            _containerStartsFailed.Add(1, type, new KeyValuePair<string, object?>("code", failure));
    }

    /// <summary>Records how long the creation and the start of a container took.</summary>
    public void ContainerStartTook(TimeSpan elapsed) => _containerStarts.Record(elapsed.TotalSeconds);

    /// <summary>Records a step of a pod's worker.</summary>
    /// <param name="operation"><c>sync</c>, <c>terminating</c> or <c>terminated</c>.</param>
    /// <param name="elapsed">The duration.</param>
    public void Synced(string operation, TimeSpan elapsed) =>
        _syncs.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("operation_type", operation));

    /// <summary>The start of a runtime call; 0 without a listener.</summary>
    public long BeginOperation() => _operations.Enabled || _operationDurations.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Records a call of the runtime.</summary>
    public void OperationEnded(string operation, long began, bool succeeded)
    {
        if (began == 0)
            return;
        var type = new KeyValuePair<string, object?>("operation_type", operation);
        _operations.Add(1, type);
        if (!succeeded)
            _operationsFailed.Add(1, type);
        _operationDurations.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, type);
    }

    /// <summary>Records a renewal of the lease.</summary>
    /// <param name="acknowledged">Whether a server acknowledged it.</param>
    /// <param name="lateness">How much later than planned it was.</param>
    public void Renewed(bool acknowledged, TimeSpan lateness)
    {
        _renewals.Add(1, new KeyValuePair<string, object?>("outcome", acknowledged ? "acknowledged" : "failed"));
        if (acknowledged)
            _lateness.Record(Math.Max(0, lateness.TotalSeconds));
    }

    /// <summary>Counts a fencing of pods, because the control plane is out of reach.</summary>
    public void Fenced() => _fences.Add(1);

    /// <summary>Counts an eviction.</summary>
    /// <param name="signal">What was short, or which limit of the pod was exceeded.</param>
    public void Evicted(string signal) => _evictions.Add(1, new KeyValuePair<string, object?>("eviction_signal", signal));

    public void Dispose() => Meter.Dispose();

    private Counter<long> Counter(string name, string description) => Meter.CreateCounter<long>(name, description: description);

    private Histogram<double> Histogram(string name, string description) => Meter.CreateHistogram(name, "s", description, advice: Durations);
}
