using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.LoadTests.Cluster;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>Makes one fault after another, in turn. None of them ends the first silo.</summary>
/// <param name="cluster">What suffers.</param>
/// <param name="servers">Is told of silos that come and go.</param>
/// <param name="period">The time from one fault to the next.</param>
internal sealed class FaultRound(LocalCluster cluster, Servers servers, TimeSpan period)
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private List<string> _made = [];

    public async Task RunAsync(CancellationToken ends)
    {
        (string Name, Func<Task> Make)[] round =
        [
            ("silo killed", KillSiloAsync),
            ("database sessions ended", cluster.EndSessionsAsync),
            ("silo killed", KillSiloAsync),
            ("database stopped", () => cluster.InterruptDatabaseAsync(crash: false, Away)),
            ("silo killed", KillSiloAsync),
            ("database killed", () => cluster.InterruptDatabaseAsync(crash: true, Away)),
        ];
        for (var i = 0; ; i++)
        {
            await Task.Delay(period, TimeProvider.System, ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ends.IsCancellationRequested)
                return;
            var (name, make) = round[i % round.Length];
            var begun = Stopwatch.GetTimestamp();
            await make();
            lock (_gate)
                _made.Add(string.Create(CultureInfo.InvariantCulture, $"{name} ({Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s)"));
        }
    }

    /// <summary>The faults that are over since this was last asked, and how long each lasted until all was there again.</summary>
    public string Take()
    {
        lock (_gate)
        {
            var made = _made;
            _made = [];
            return made.Count == 0 ? "no fault" : string.Join(", ", made);
        }
    }

    private async Task KillSiloAsync()
    {
        await cluster.KillAsync(cluster.Silos[^1]);
        await Task.Delay(Away, TimeProvider.System);
        await cluster.StartSiloAsync(CancellationToken.None);
        await servers.SetAsync(cluster.Silos);
    }
}
