using OrleansOrchestrator.Consistency.Tests.Checking;
using OrleansOrchestrator.Consistency.Tests.Clusters;
using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Runs;

/// <summary>
/// Three silo processes and a database, under concurrent clients and every fault the nemesis knows: afterwards, what the
/// clients were told is compared with what the store promises.
/// </summary>
public sealed class ClusterRunTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_UnderFaults_KeepsEveryPromise()
    {
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
        var settings = RunSettings.FromEnvironment();
        Report($"seed {settings.Seed} for {settings.Duration.TotalSeconds} s; repeat with CONSISTENCY_SEED={settings.Seed}");
        await using var cluster = await SiloCluster.StartAsync(Cancelled);
        var run = new ClusterRun(cluster, settings, Report);

        var history = await run.RunAsync(Cancelled);

        Report(Describe(history));
        var failures = history.Operations.Where(operation => operation.Outcome is Outcome.Refused or Outcome.Unknown)
            .GroupBy(operation => $"{operation.Kind} {operation.Outcome}: {operation.Detail}").OrderByDescending(group => group.Count());
        foreach (var why in failures.Take(20))
            Report($"{why.Count(),5} {why.Key}");
        run.Unexpected.ShouldBeEmpty($"seed {settings.Seed}");
        HistoryChecker.ShouldHold(history, $"seed {settings.Seed}, faults {string.Join(", ", run.Faults)}");

        // A check of next to nothing proves nothing.
        foreach (var outcome in new[] { Outcome.Ok, Outcome.Absent, Outcome.Exists, Outcome.Conflict })
            history.Operations.Count(operation => operation.Outcome == outcome).ShouldBeGreaterThan(10, outcome.ToString());
        history.Watches.Sum(watch => watch.Resumptions).ShouldBeGreaterThan(0);
        run.Figures.End.Watches.Sum().ShouldBe(0, "watches whose clients are gone");
    }

    private static string Describe(History history)
    {
        var outcomes = history.Operations.GroupBy(operation => operation.Outcome).OrderBy(group => group.Key).Select(group => $"{group.Key} {group.Count()}");
        return $"{history.Operations.Count} operations ({string.Join(", ", outcomes)}), {history.Listings.Count} lists, {history.Log.Count} changes, "
            + $"{history.Watches.Count} watch streams with {history.Watches.Sum(watch => (long)watch.Changes.Count)} events";
    }

    private static void Report(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{TimeProvider.System.GetLocalNow():HH:mm:ss.fff} {line}");
        TestContext.Current.SendDiagnosticMessage("{0}", line);
    }
}
