using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A dump of a running cluster, taken while it is written to, becomes a cluster of its own.</summary>
[Collection(nameof(SiloInTrouble))]
public sealed class RestoreTests(SiloInTrouble cluster)
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const int Writers = 4;
    private const int WritesBefore = 50;

    private readonly ConcurrentDictionary<string, long> _acknowledged = new(StringComparer.Ordinal);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dump_OfAClusterUnderLoad_BecomesAClusterWithAllThatWasAcknowledged()
    {
        Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writing = Enumerable.Range(0, Writers).Select(writer => WriteAsync(writer, enough.Token)).ToList();
        await Eventually.HoldsAsync(() => _acknowledged.Count > WritesBefore);

        string[] promised = [.. _acknowledged.Keys];
        var dump = Path.Combine(cluster.Server.SocketFolder, "cluster.dump");
        await cluster.Server.RunProgramAsync("pg_dump", ["-Fc", "-f", dump, "cluster"], Cancellation);
        var afterDump = _acknowledged.Count;
        await Eventually.HoldsAsync(() => _acknowledged.Count > afterDump + Writers);
        await enough.CancelAsync();
        await Task.WhenAll(writing);
        var seen = _acknowledged.Values.Max();

        await cluster.Server.ExecuteAsync($"CREATE DATABASE restored OWNER {SiloInTrouble.Account} TEMPLATE template0", Cancellation);
        await cluster.Server.RunProgramAsync(
            "pg_restore", ["--no-owner", "--role", SiloInTrouble.Account, "-d", "restored", dump], Cancellation);
        await using var silo = cluster.NewSilo("restored", "restored");
        await silo.StartAsync(Cancellation);
        using var api = new ApiConnection(silo.KubeConfig, Cancellation);

        var list = await api.GetAsync(Maps);
        promised.ShouldBeSubsetOf(list["items"]!.AsArray().Select(map => (string)map!["metadata"]!["name"]!));
        RevisionOf(list).ShouldBeGreaterThan(seen);
        var created = await api.SendAsync(HttpMethod.Post, Maps, Map("after"));
        created.Code.ShouldBe(HttpStatusCode.Created);
        RevisionOf(created.Json).ShouldBeGreaterThan(seen);

        // Between the dump and its end the first cluster gave revisions that the second knows nothing of.
        var resumed = await api.SendAsync(HttpMethod.Get, $"{Maps}?watch=true&timeoutSeconds=5&resourceVersion={seen}");
        (resumed.Code == HttpStatusCode.Gone || resumed.Body.Contains("\"code\":410", StringComparison.Ordinal)).ShouldBeTrue(resumed.Body);

        // The first one goes on, undisturbed by what looks like itself.
        (await cluster.Api.SendAsync(HttpMethod.Post, Maps, Map("beside"))).Code.ShouldBe(HttpStatusCode.Created);
        (await api.SendAsync(HttpMethod.Get, $"{Maps}/beside")).Code.ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task WriteAsync(int writer, CancellationToken enough)
    {
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            var name = $"map-{writer}-{i}";
            try
            {
                var answer = await cluster.Api.SendAsync(HttpMethod.Post, Maps, Map(name));
                if (answer.Code == HttpStatusCode.Created)
                    _acknowledged[name] = RevisionOf(answer.Json);
            }
            catch (Exception lost) when (lost is HttpRequestException or OperationCanceledException)
            {
                // On a busy machine a connection may take too long: this one was not acknowledged, and nothing is promised of it.
            }
        }
    }

    private static string Map(string name) => $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"}}""";

    private static long RevisionOf(JsonNode json) =>
        long.Parse((string)json["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture);
}
