using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Usage;

/// <summary>
/// Measures what the node and its containers use, when somebody asks. Processor use is the difference between two samples: the last
/// one, if it is not too old, and one taken now. The first who asks waits a moment for the second sample. All who ask meanwhile wait for
/// the same measurement, which goes on when they give up. While nobody asks, nothing is measured.
/// </summary>
/// <param name="node">The node's name.</param>
/// <param name="pods">The pods, with what the runtime has of them.</param>
/// <param name="runtime">Measures containers.</param>
/// <param name="machine">Measures the machine.</param>
/// <param name="time">The clock.</param>
/// <param name="storage">Knows what is on disks, and ends with the meter; null if nobody does.</param>
internal sealed class UsageMeter(
    string node,
    Func<IEnumerable<(V1Pod Pod, PodSandbox Sandbox)>> pods,
    IContainerRuntime runtime,
    Func<ContainerUsage?> machine,
    TimeProvider time,
    StorageMeter? storage = null) : IDisposable
{
    /// <summary>The shortest window of processor use. The kernel counts in hundredths of a second.</summary>
    internal static readonly TimeSpan WindowMin = TimeSpan.FromSeconds(1);

    // Askers within this time share an answer.
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);

    // An older sample says nothing about the present.
    private static readonly TimeSpan WindowMax = TimeSpan.FromMinutes(1);

    // The runtime may hang; whoever asks next has another try.
    private static readonly TimeSpan MeasuredWithin = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task<StatsSummary>? _measurement;
    private Task<UsageSample>? _sampling;

    // The last ones that succeeded: of any sample, and of one that a summary was made of.
    private UsageSample? _last;
    private UsageSample? _summarized;

    /// <summary>Measures, or repeats what was measured a moment ago.</summary>
    public async Task<StatsSummary> MeasureAsync(CancellationToken cancellationToken)
    {
        Task<StatsSummary> measurement;
        lock (_gate)
            measurement = _measurement = Current();
        return await measurement.WaitAsync(cancellationToken);
    }

    /// <summary>Takes a sample, or repeats one that was taken a moment ago.</summary>
    public async Task<UsageSample> SampleAsync(CancellationToken cancellationToken)
    {
        Task<UsageSample> sampling;
        lock (_gate)
        {
            if (_last is { } last && IsFresh(last))
                return last;
            sampling = _sampling = _sampling is { IsCompleted: false } underWay ? underWay : TakeWithinLimitAsync();
        }

        return await sampling.WaitAsync(cancellationToken);
    }

    /// <summary>What was last found on disks; null if nothing was found yet.</summary>
    public Task<StorageReading?> LookAtDisksAsync(CancellationToken cancellationToken) =>
        storage is null ? Task.FromResult<StorageReading?>(null) : storage.LookAsync(cancellationToken);

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        storage?.Dispose();
    }

    private bool IsFresh(UsageSample sample) => time.GetElapsedTime(sample.TakenAt) < FreshFor;

    /// <summary>The last measurement if it is fresh or under way, or else a new one.</summary>
    private Task<StatsSummary> Current()
    {
        if (_measurement is { IsCompleted: false } underWay)
            return underWay;
        return _measurement is not null && _summarized is not null && IsFresh(_summarized) ? _measurement : MeasureSinceAsync(_last);
    }

    private async Task<StatsSummary> MeasureSinceAsync(UsageSample? last)
    {
        using var tooLong = new CancellationTokenSource(MeasuredWithin, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, tooLong.Token);
        var before = last is not null && time.GetElapsedTime(last.TakenAt) <= WindowMax ? last : await TakeAsync(limit.Token);
        await time.DelayAsync(WindowMin - time.GetElapsedTime(before.TakenAt), limit.Token);
        var now = await TakeAsync(limit.Token);
        var disks = await LookAtDisksAsync(limit.Token);
        var summary = new SummaryBuilder(node, before, now, time.GetElapsedTime(before.TakenAt, now.TakenAt), disks).Build();
        _last = _summarized = now;
        return summary;
    }

    private async Task<UsageSample> TakeWithinLimitAsync()
    {
        using var tooLong = new CancellationTokenSource(MeasuredWithin, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, tooLong.Token);
        return _last = await TakeAsync(limit.Token);
    }

    private async Task<UsageSample> TakeAsync(CancellationToken cancellationToken)
    {
        var running = pods().ToList();
        var containers = await runtime.MeasureAsync([.. running.Select(one => one.Sandbox)], cancellationToken);
        var readings = new Dictionary<string, PodReading>(StringComparer.Ordinal);
        var parts = new Dictionary<string, ContainerUsage>(StringComparer.Ordinal);
        foreach (var (pod, sandbox) in running.Where(one => one.Sandbox.Running.Any()))
        {
            var cgroup = runtime.PlaceOf(sandbox.PodUid)?.Cgroup;
            if (PodReading.Of(cgroup, sandbox, pod.Spec.HostNetwork == true) is not { } reading)
                continue;
            readings[sandbox.PodUid] = reading;
            if (!parts.ContainsKey(PodsPart) && CgroupUsage.Read(Path.GetDirectoryName(reading.Cgroup) ?? "") is { } all)
                parts[PodsPart] = all;
        }

        parts[DaemonPart] = new ContainerUsage((long)Environment.CpuUsage.TotalTime.TotalNanoseconds, Environment.WorkingSet);
        return new UsageSample(time.GetTimestamp(), time.GetUtcNow(), running, containers, readings, machine())
        {
            SystemParts = parts,
            Network = InterfaceUsage.OfMachine(),
        };
    }

    // The kubelet's names.
    private const string PodsPart = "pods";
    private const string DaemonPart = "kubelet";
}
