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
internal sealed class UsageMeter(
    string node, Func<IEnumerable<(V1Pod Pod, PodSandbox Sandbox)>> pods, IContainerRuntime runtime, Func<ContainerUsage?> machine, TimeProvider time) : IDisposable
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

    // Of the last measurement that succeeded.
    private Sample? _last;

    /// <summary>Measures, or repeats what was measured a moment ago.</summary>
    public async Task<StatsSummary> MeasureAsync(CancellationToken cancellationToken)
    {
        Task<StatsSummary> measurement;
        lock (_gate)
            measurement = _measurement = Current();
        return await measurement.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>The last measurement if it is fresh or under way, or else a new one.</summary>
    private Task<StatsSummary> Current()
    {
        if (_measurement is { IsCompleted: false } underWay)
            return underWay;
        return _measurement is not null && _last is not null && time.GetElapsedTime(_last.TakenAt) < FreshFor ? _measurement : MeasureSinceAsync(_last);
    }

    private async Task<StatsSummary> MeasureSinceAsync(Sample? last)
    {
        using var tooLong = new CancellationTokenSource(MeasuredWithin, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, tooLong.Token);
        var before = last is not null && time.GetElapsedTime(last.TakenAt) <= WindowMax ? last : await TakeAsync(limit.Token);
        await time.DelayAsync(WindowMin - time.GetElapsedTime(before.TakenAt), limit.Token);
        var now = await TakeAsync(limit.Token);
        var summary = Summarize(before, now);
        _last = now;
        return summary;
    }

    private async Task<Sample> TakeAsync(CancellationToken cancellationToken)
    {
        var running = pods().ToList();
        var containers = await runtime.MeasureAsync([.. running.Select(one => one.Sandbox)], cancellationToken);
        return new Sample(time.GetTimestamp(), time.GetUtcNow(), running, containers, machine());
    }

    private StatsSummary Summarize(Sample before, Sample now)
    {
        var window = time.GetElapsedTime(before.TakenAt, now.TakenAt);
        var ofMachine = now.Machine is { } machineNow && before.Machine is { } machineBefore ? CpuOf(now.Time, window, machineNow.CpuNanoseconds - machineBefore.CpuNanoseconds, machineNow) : null;
        return new StatsSummary(
            new NodeStats(node, ofMachine, now.Machine is { } machine ? MemoryOf(now.Time, machine) : null),
            [
                // Without one of its containers a pod would look idle.
                .. now.Pods.Where(one => one.Sandbox.Running.Any() && one.Sandbox.Running.All(container => now.Containers.ContainsKey(container.Id)))
                    .Select(one => new PodStats(
                        new PodReference(one.Pod.Metadata.Name, one.Pod.Metadata.NamespaceProperty, one.Pod.Metadata.Uid),
                        [.. one.Sandbox.Running.Select(container => StatsOf(container, before, now, window))])),
            ]);
    }

    private static ContainerStats StatsOf(ContainerInstance container, Sample before, Sample now, TimeSpan window)
    {
        var usage = now.Containers[container.Id];
        var cpu = before.Containers.TryGetValue(container.Id, out var earlier) ? CpuOf(now.Time, window, usage.CpuNanoseconds - earlier.CpuNanoseconds, usage)
            // It has started since then.
            : now.Time - container.StartedAt is { } age && age >= WindowMin ? CpuOf(now.Time, age, usage.CpuNanoseconds, usage)
            : null;
        return new ContainerStats(container.Name, cpu, MemoryOf(now.Time, usage));
    }

    private static CpuStats CpuOf(DateTimeOffset time, TimeSpan window, long usedNanoseconds, in ContainerUsage usage) => new(
        time, (long)window.TotalNanoseconds, (long)(Math.Max(0, usedNanoseconds) / window.TotalSeconds), usage.CpuNanoseconds);

    private static MemoryStats MemoryOf(DateTimeOffset time, in ContainerUsage usage) => new(time, usage.WorkingSetBytes);

    private sealed record Sample(
        long TakenAt, DateTimeOffset Time, IReadOnlyList<(V1Pod Pod, PodSandbox Sandbox)> Pods, IReadOnlyDictionary<string, ContainerUsage> Containers, ContainerUsage? Machine);
}
