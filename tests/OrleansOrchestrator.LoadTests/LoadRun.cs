using System.Globalization;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Cluster;
using OrleansOrchestrator.LoadTests.Measuring;
using OrleansOrchestrator.LoadTests.Scenarios;
using OrleansOrchestrator.LoadTests.Scenarios.Endurance;
using OrleansOrchestrator.LoadTests.Scenarios.Node;

namespace OrleansOrchestrator.LoadTests;

/// <summary>Runs scenarios one after the other, on a server that is there or on one of their own.</summary>
internal static class LoadRun
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    public static IReadOnlyList<IScenario> Scenarios { get; } =
    [
        new WriteScenario(),
        new StatusScenario(),
        new ServiceScenario(),
        new ReconcileScenario(),
        new ReadScenario(),
        new ListScenario(),
        new WatchScenario(),
        new GrowthScenario(),
        new OverloadScenario(),
        new MemoryScenario(),
        new FailoverScenario(),
        new EnduranceScenario(),
        new ConfirmScenario(),
        new DensityScenario(),
        new ScheduleScenario(),
        new RescheduleScenario(),
        new RolloutScenario(),
        new NodeScenario(),
    ];

    /// <returns>The exit code: 0 if nothing failed.</returns>
    public static async Task<int> RunAsync(LoadSettings settings, CancellationToken cancellationToken)
    {
        var report = new Report(Console.Out);
        var chosen = settings.Scenarios.Count > 0
            ? Scenarios.Where(scenario => settings.Scenarios.Contains(scenario.Name)).ToList()
            : [.. Scenarios.Where(scenario => !scenario.IsByNameOnly)];
        if (settings.KubeConfig is { } kubeConfig)
        {
            foreach (var scenario in chosen)
                await RunAsync(scenario, await ApiTarget.FromKubeConfigAsync(kubeConfig), ParseProcesses(settings), null, settings, report);
        }
        else
        {
            // What one scenario leaves behind must not be in the figures of the next.
            foreach (var scenario in chosen)
                await RunOnOwnClusterAsync(scenario, settings, report, cancellationToken);
        }

        return report.HasErrors ? 1 : 0;
    }

    private static async Task RunOnOwnClusterAsync(
        IScenario scenario, LoadSettings settings, Report report, CancellationToken cancellationToken)
    {
        await using var cluster = await LocalCluster.StartAsync(silos: 1, settings.RenewInterval ?? scenario.RenewInterval, cancellationToken);
        await Task.Delay(Settle, TimeProvider.System, cancellationToken);
        var silo = cluster.Processes[0];
        report.Add(new Measurement($"start of a silo ({scenario.Name})", 1, 0, cluster.Silos[0].ReadyAfter.TotalSeconds)
        {
            Load = Machine.Load(),
            Note = string.Create(
                CultureInfo.InvariantCulture,
                $"API ready after {cluster.Silos[0].ReadyAfter.TotalSeconds:F2} s, idle memory {silo.MemoryBytes() / 1e6:F0} MB"),
        });

        // Whoever interrupts the run finds nothing left of it: leaving this method ends the processes.
        await RunAsync(scenario, await cluster.TargetAsync(), cluster.Processes, cluster, settings, report).WaitAsync(cancellationToken);
    }

    private static async Task RunAsync(
        IScenario scenario, ApiTarget target, IReadOnlyList<ProcessGroup> processes, LocalCluster? cluster, LoadSettings settings, Report report)
    {
        await using var client = new ApiClient(target, settings.Client, settings.UsesHttp2);
        await using var watches = new ApiClient(target, settings.Client, settings.WatchesUseHttp2);
        await using var pump = new Pump(client, processes, TimeSpan.FromSeconds(settings.SecondsMax));
        try
        {
            await scenario.RunAsync(new LoadContext(pump, watches, report, cluster, settings.Count, settings.WarmUpPercent, settings.Duration)
            {
                Nodes = settings.Nodes,
                Pods = settings.Pods,
                RenewInterval = settings.RenewInterval ?? scenario.RenewInterval,
                StepMax = TimeSpan.FromSeconds(settings.SecondsMax),
            });
        }
        catch (IOException failure)
        {
            report.Add(new Measurement($"{scenario.Name} could not go on", 0, 1, 0) { Load = Machine.Load(), Note = failure.Message });
        }
    }

    private static List<ProcessGroup> ParseProcesses(LoadSettings settings) =>
        [.. settings.Processes.Select(text => text.Split('=')).Select(parts => new ProcessGroup(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture)))];
}
