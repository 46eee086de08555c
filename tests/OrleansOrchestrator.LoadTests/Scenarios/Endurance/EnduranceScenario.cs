using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>
/// A mixed load on two silos for a long time. One of the two is killed and started again and again, the database is stopped,
/// killed and loses its sessions; what the other silo, which lives all the while, holds must not grow.
/// </summary>
internal sealed class EnduranceScenario : IScenario
{
    private const int Rows = 15;
    private static readonly TimeSpan SamplePeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FaultPeriod = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(60);

    public string Name => "endurance";

    public string Summary => "a mixed load with faults for --minutes: what a silo holds must not grow. Runs only if it is named";

    public bool IsByNameOnly => true;

    public async Task RunAsync(LoadContext context)
    {
        var cluster = context.RequireLocal(Name);
        var name = await context.CreateNamespaceAsync();
        var steady = cluster.Silos[0];
        await cluster.StartSiloAsync(CancellationToken.None);
        await using var servers = new Servers();
        await servers.SetAsync(cluster.Silos);
        context.Report.Add(Row("endurance: before the load", 0, default, [await Holdings.MeasureAsync(cluster, steady)], ""));

        await using var load = new MixedLoad(servers, name);
        await load.StartAsync();
        var memory = new List<(double Minutes, double Megabytes)>();
        var started = Stopwatch.GetTimestamp();
        using var ending = new CancellationTokenSource(context.Duration);
        var faults = new FaultRound(cluster, servers, FaultPeriod);
        var faulting = Task.Run(() => faults.RunAsync(ending.Token));
        while (!ending.IsCancellationRequested)
        {
            var begun = Stopwatch.GetTimestamp();
            var samples = new List<Holdings>();
            while (Stopwatch.GetElapsedTime(begun) < context.Duration / Rows && !ending.IsCancellationRequested)
            {
                await Task.Delay(SamplePeriod, TimeProvider.System);
                samples.Add(await Holdings.MeasureAsync(cluster, steady));
                memory.Add((Stopwatch.GetElapsedTime(started).TotalMinutes, samples[^1].MemoryBytes / 1e6));
            }

            var work = string.Create(CultureInfo.InvariantCulture, $"endurance: minute {Stopwatch.GetElapsedTime(started).TotalMinutes:F1}");
            context.Report.Add(Row(work, Stopwatch.GetElapsedTime(begun).TotalSeconds, load.TakeFigures(), samples, $"; {faults.Take()}"));
        }

        await faulting;
        var (looked, wrong) = await load.EndAsync();
        context.Report.Add(new Measurement("endurance: objects as they were acknowledged", looked - wrong, wrong, 0) { Load = Machine.Load() });
        await Task.Delay(Afterwards, TimeProvider.System);
        var trend = string.Create(CultureInfo.InvariantCulture, $"; memory in the second half {TrendOf(memory):+0.00;-0.00} MB a minute");
        context.Report.Add(Row("endurance: a minute after the load", 0, default, [await Holdings.MeasureAsync(cluster, steady)], trend));
    }

    private static Measurement Row(string work, double seconds, LoadFigures.Interval did, IReadOnlyList<Holdings> held, string rest)
    {
        var last = held[^1];
        var memory = held.Count > 1
            ? $"{Megabytes(held.Min(one => one.MemoryBytes))} to {Megabytes(held.Max(one => one.MemoryBytes))}"
            : Megabytes(last.MemoryBytes);
        var load = seconds > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{did.Others} reads, {did.Events} events, {did.Failures} tries failed, longest gap {did.LongestGap.TotalSeconds:F1} s; ")
            : "";
        return new Measurement(work, did.Writes, 0, seconds)
        {
            Load = Machine.Load(),
            Note = $"{load}{memory} MB, {last.Files} files, {last.Threads} threads, {last.Watches} watches, {last.Sessions} database sessions{rest}",
        };
    }

    private static string Megabytes(long bytes) => Report.Number(Math.Round(bytes / 1e6));

    /// <summary>The slope of the line through the second half of the samples.</summary>
    private static double TrendOf(List<(double Minutes, double Megabytes)> samples)
    {
        var half = samples.Skip(samples.Count / 2).ToList();
        var (minutes, megabytes) = (half.Average(sample => sample.Minutes), half.Average(sample => sample.Megabytes));
        return half.Sum(sample => (sample.Minutes - minutes) * (sample.Megabytes - megabytes))
            / half.Sum(sample => (sample.Minutes - minutes) * (sample.Minutes - minutes));
    }
}
