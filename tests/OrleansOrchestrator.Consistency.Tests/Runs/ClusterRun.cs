using System.Diagnostics;
using System.Net;
using OrleansOrchestrator.Consistency.Tests.Clients;
using OrleansOrchestrator.Consistency.Tests.Clusters;
using OrleansOrchestrator.Consistency.Tests.Faults;
using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Runs;

/// <summary>Lets clients and watches loose on a cluster while a nemesis is at work, and gathers the history.</summary>
internal sealed class ClusterRun(SiloCluster cluster, RunSettings settings, Action<string> report)
{
    private const string Space = "history";
    private const int HotClients = 8;
    private const int ColdClients = 4;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DrainsWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private static readonly string[] HotKeys = [.. Enumerable.Range(0, 4).Select(i => $"hot-{i}")];
    private static readonly string[] ColdKeys = [.. Enumerable.Range(0, 200).Select(i => $"cold-{i:000}")];

    private readonly Recorder _recorder = new();

    /// <summary>Answers that no client should ever get.</summary>
    public IReadOnlyList<string> Unexpected { get; private set; } = [];

    /// <summary>The faults that were made.</summary>
    public IReadOnlyList<Fault> Faults { get; private set; } = [];

    /// <summary>What the cluster used before the faults, and after all clients were gone.</summary>
    public (ClusterFigures Start, ClusterFigures End) Figures { get; private set; }

    public async Task<History> RunAsync(CancellationToken cancellationToken)
    {
        await Eventually(async () => (await cluster.Connections[0].SendAsync(
            HttpMethod.Post, "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{Space}}}"}}""")).Code is HttpStatusCode.Created or HttpStatusCode.Conflict);
        var start = ClientFor(0);
        var after = (await ListAsync(start)).Revision;
        using var stopLoad = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopWatches = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var log = new LogReader(cluster.Database, Space, after);
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = log.RunAsync(stopReading.Token);
        var watches = NewWatches();
        var watching = watches.ConvertAll(watch => watch.RunAsync(after, stopWatches.Token));
        var clients = Enumerable.Range(1, HotClients + ColdClients).Select(ClientFor).ToList();
        var loading = clients.Select((client, i) => new LoadClient(
            client, cluster.Connections, i < HotClients ? HotKeys : ColdKeys, settings.Seed + i).RunAsync(stopLoad.Token)).ToList();

        await Task.Delay(Quiet, TimeProvider.System, cancellationToken);
        var figures = await MeasureAsync(cancellationToken);
        var nemesis = new Nemesis(cluster, settings.Seed, report);
        using (var stopFaults = new CancellationTokenSource(settings.Duration))
            await nemesis.RunAsync(stopFaults.Token, cancellationToken);
        await Task.Delay(Quiet, TimeProvider.System, cancellationToken);
        await stopLoad.CancelAsync();
        await Task.WhenAll(loading);

        var final = (await ListAsync(start)).Items;
        await stopReading.CancelAsync();
        await reading;
        var changes = await log.CompleteAsync(cancellationToken);
        await DrainAsync(watches, changes.Count > 0 ? changes[^1].Revision : after);
        await stopWatches.CancelAsync();
        await Task.WhenAll(watching);
        Figures = (figures, await MeasureAsync(cancellationToken));
        Faults = nemesis.Made;
        Unexpected = [.. clients.Append(start).SelectMany(client => client.Unexpected)];
        return new History
        {
            Operations = _recorder.Operations(),
            Listings = _recorder.Listings(),
            Watches = [.. watches.SelectMany(watch => watch.Streams())],
            Log = changes,
            Final = final,
        };
    }

    private ConfigMapClient ClientFor(int number) => new(number, Space, _recorder, Stopwatch.GetTimestamp);

    private List<WatchClient> NewWatches()
    {
        var watches = new List<WatchClient>();
        foreach (var habit in Enum.GetValues<WatchHabit>())
        {
            for (var i = 0; i < cluster.Connections.Count; i++)
                watches.Add(new WatchClient($"{habit}-{i}", Space, habit, cluster.Connections, settings.Seed + i));
        }

        return watches;
    }

    private async Task<Listing> ListAsync(ConfigMapClient client)
    {
        Listing? listing = null;
        await Eventually(async () => (listing = await client.ListAsync(cluster.Connections[0])) is not null);
        return listing!;
    }

    private async Task<ClusterFigures> MeasureAsync(CancellationToken cancellationToken)
    {
        ClusterFigures? figures = null;
        await Eventually(async () => (figures = await ClusterFigures.MeasureAsync(cluster, cancellationToken)) is not null);
        report(figures!.ToString());
        return figures;
    }

    private static async Task DrainAsync(List<WatchClient> watches, long revision)
    {
        var started = Stopwatch.GetTimestamp();
        while (!watches.TrueForAll(watch => watch.HasSeen(revision)) && Stopwatch.GetElapsedTime(started) < DrainsWithin)
            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
    }

    private static async Task<bool> HoldsAsync(Func<Task<bool>> condition)
    {
        try
        {
            return await condition();
        }
        catch (Exception busy) when (busy is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await HoldsAsync(condition))
        {
            if (Stopwatch.GetElapsedTime(started) > AnswersWithin)
                throw new TimeoutException($"the cluster did not answer within {AnswersWithin.TotalSeconds} s");
            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
        }
    }
}
