using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>Two silos on PostgreSQL: which of them dies, or whether the database is away for a while, loses nothing.</summary>
[Collection(typeof(AloneCollection))]
public sealed class SiloFailoverTests(SiloPair silos) : EndToEndTest, IClassFixture<SiloPair>
{
    private const int WritesBeforeFault = 100;
    private const int WritesAfterFault = 100;
    private static readonly TimeSpan OutageOfDatabase = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(30);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
        OnFailure(() => Task.FromResult(silos.Describe()));
        await silos.StartAsync();
        await silos.KubectlOf(silos.First).RunAsync("create", "namespace", UniqueName);

        // Their store is open once it has been written to.
        await silos.KubectlOf(silos.First).RunAsync("create", "configmap", "zero", "-n", UniqueName);
    }

    [Fact]
    public async Task Silos_OnOneDatabase_ShowTheSame()
    {
        var first = silos.KubectlOf(silos.First);
        var second = silos.KubectlOf(silos.Second);
        await first.RunAsync("create", "configmap", "from-first", "-n", UniqueName);
        await second.RunAsync("create", "configmap", "from-second", "-n", UniqueName);

        // The most recent state is asked for by default: no silo may answer from an older one.
        var output = (await second.RunAsync("get", "configmaps", "-n", UniqueName, "-o", "json")).Output;
        (await first.RunAsync("get", "configmaps", "-n", UniqueName, "-o", "json")).Output.ShouldBe(output);
        output.ShouldContain("from-first");
        output.ShouldContain("from-second");
    }

    [Fact]
    public async Task Silos_StoppedInTurn_EndQuietlyWhileTheOtherServes()
    {
        await silos.First.Member.StopAsync();
        await silos.KubectlOf(silos.Second).RunAsync("create", "configmap", "alone", "-n", UniqueName);
        await silos.Second.Member.StopAsync();
    }

    [Theory]
    [InlineData("with")]
    [InlineData("without")]
    public async Task Silo_KilledDuringWrites_LosesNoAcknowledgedWrite(string theStore)
    {
        var (dead, survivor) = SilosBy(theStore);
        ConfigMapWriter[] survivors = [new(survivor.Api, UniqueName, "a"), new(survivor.Api, UniqueName, "b"), new(survivor.Api, UniqueName, "c")];
        var bereft = new ConfigMapWriter(dead.Api, UniqueName, "d");

        var history = await WriteThroughAsync(survivor.Api, [.. survivors, bereft], survivors, dead.Member.KillAsync);

        Report($"killed the silo {theStore} the store; {history}");
        await ShouldHoldEveryWriteAsync(survivor.Api, history);
    }

    [Theory]
    [InlineData("with")]
    [InlineData("without")]
    public async Task Silo_StoppedDuringWrites_FailsNoRequest(string theStore)
    {
        var (leaving, survivor) = SilosBy(theStore);
        ConfigMapWriter[] survivors = [new(survivor.Api, UniqueName, "a"), new(survivor.Api, UniqueName, "b"), new(survivor.Api, UniqueName, "c")];
        var bereft = new ConfigMapWriter(leaving.Api, UniqueName, "d");

        var history = await WriteThroughAsync(survivor.Api, [.. survivors, bereft], survivors, () => leaving.Member.StopAsync());

        Report($"stopped the silo {theStore} the store; {history}");
        survivors.SelectMany(writer => writer.Faults).ShouldBeEmpty("clients of the other silo must notice nothing");
        bereft.Faults.ShouldAllBe(fault => fault.StartsWith("connection:", StringComparison.Ordinal), "what the leaving silo took in it answers");
        await ShouldHoldEveryWriteAsync(survivor.Api, history);
    }

    [Fact]
    public async Task Database_AwayDuringWrites_LosesNoAcknowledgedWrite()
    {
        ConfigMapWriter[] writers =
            [new(silos.First.Api, UniqueName, "a"), new(silos.First.Api, UniqueName, "b"), new(silos.Second.Api, UniqueName, "c")];

        var history = await WriteThroughAsync(silos.First.Api, writers, writers, async () =>
        {
            await silos.Server.StopAsync();
            await Task.Delay(OutageOfDatabase, TimeProvider.System, Cancelled);
            await silos.Server.RestartAsync(Cancelled);
        });

        Report($"the database was away for {OutageOfDatabase.TotalSeconds} s; {history}");
        history.Faults.ShouldAllBe(fault => fault.StartsWith("allowed:", StringComparison.Ordinal));
        await ShouldHoldEveryWriteAsync(silos.Second.Api, history);
        silos.First.Member.HasEnded.ShouldBeFalse();
        silos.Second.Member.HasEnded.ShouldBeFalse();
    }

    /// <summary>The silo that has the written objects' store and the other one, or the other way round.</summary>
    private (PairedSilo Leaving, PairedSilo Survivor) SilosBy(string theStore) =>
        silos.ByStoreOf("configmaps") is var (owner, other) && theStore == "with" ? (owner, other) : (other, owner);

    /// <summary>Lets writers write and a watch watch, makes a fault, and goes on until writes have gone on for a while.</summary>
    /// <param name="watcher">Where the watch is.</param>
    /// <param name="writers">All writers.</param>
    /// <param name="expected">Those that must be able to write after the fault.</param>
    /// <param name="fault">What goes wrong.</param>
    private async Task<WriteHistory> WriteThroughAsync(
        ApiConnection watcher, IReadOnlyList<ConfigMapWriter> writers, IReadOnlyList<ConfigMapWriter> expected, Func<Task> fault)
    {
        var start = (await watcher.GetAsync($"/api/v1/namespaces/{UniqueName}/configmaps"))["metadata"]!["resourceVersion"]!;
        var watch = new ConfigMapWatch(watcher, UniqueName);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var stopWatch = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var watching = watch.RunAsync(long.Parse((string)start!, CultureInfo.InvariantCulture), stopWatch.Token);
        var writing = writers.Select(writer => writer.RunAsync(stop.Token)).ToList();
        await WaitForWritesAsync(expected, since: 0, WritesBeforeFault);

        var began = Stopwatch.GetTimestamp();
        await fault();
        await WaitForWritesAsync(expected, Stopwatch.GetTimestamp(), WritesAfterFault);

        await stop.CancelAsync();
        await Task.WhenAll(writing).WaitAsync(StopsWithin, Cancelled);
        var history = WriteHistory.Of(writers, watch, began, LongestGap(expected, began));
        await Eventually.PassesAsync(() =>
        {
            var seen = watch.Events.Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
            history.Acknowledged.Select(item => item.Name).ShouldBeSubsetOf(seen, "the watch misses acknowledged writes");
            return Task.CompletedTask;
        });
        await stopWatch.CancelAsync();
        await watching;
        return history with { Events = watch.Events };
    }

    private static Task WaitForWritesAsync(IReadOnlyList<ConfigMapWriter> writers, long since, int count) => Eventually.PassesAsync(() =>
    {
        writers.ShouldAllBe(writer => writer.Acknowledged.Count(item => item.Timestamp > since) >= count / writers.Count);
        return Task.CompletedTask;
    });

    /// <summary>The longest time after the fault in which none of the writers got an acknowledgement.</summary>
    private static TimeSpan LongestGap(IEnumerable<ConfigMapWriter> writers, long since)
    {
        var times = writers.SelectMany(writer => writer.Acknowledged).Select(item => item.Timestamp).Where(time => time > since).Order().Prepend(since).ToList();
        return times.Zip(times.Skip(1), Stopwatch.GetElapsedTime).Max();
    }

    private async Task ShouldHoldEveryWriteAsync(ApiConnection api, WriteHistory history)
    {
        var objects = (await api.ListAsync($"/api/v1/namespaces/{UniqueName}/configmaps")).ToDictionary(item => (string)item["metadata"]!["name"]!);
        foreach (var write in history.Acknowledged)
        {
            objects.ShouldContainKey(write.Name);
            ((string)objects[write.Name]["data"]!["key"]!).ShouldBe(ConfigMapWriter.ContentOf(write.Name));
            ((string)objects[write.Name]["metadata"]!["resourceVersion"]!).ShouldBe(write.Revision.ToString(CultureInfo.InvariantCulture));
        }

        history.Acknowledged.Select(item => item.Revision).ShouldBeUnique();
        history.Events.Select(item => item.Revision).ShouldBe(history.Events.Select(item => item.Revision).Order(), "revisions must increase");
        history.Events.Select(item => item.Name).ShouldBeUnique("a change was seen twice");
        history.Events.ShouldAllBe(item => item.Type == "ADDED");
        history.Events.ShouldAllBe(item => objects.ContainsKey(item.Name));

        // Stores that nobody has asked since may still be on their way to this silo.
        await Eventually.PassesAsync(async () => (await api.SendAsync(HttpMethod.Get, "/readyz")).Code.ShouldBe(HttpStatusCode.OK));
    }
}
