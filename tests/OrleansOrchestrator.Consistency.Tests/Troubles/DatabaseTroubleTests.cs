using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>
/// What a silo says while its database does not do what it should: clients are told to come again, operators why, and once it
/// does, the same process goes on with all that it has acknowledged.
/// </summary>
[Collection(nameof(SiloInTrouble))]
public sealed class DatabaseTroubleTests(SiloInTrouble cluster)
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const int LogLinesMax = 12;
    private static readonly TimeSpan SeenWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan RecoversWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly List<string> _acknowledged = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PostgreSqlServer Server => cluster.Server;

    [Fact]
    public Task Database_Stopped_RefusesWritesAndRecovers() => EndureAsync(
        "PostgreSQL at 127.0.0.1:", () => Server.StopAsync(), () => Server.RestartAsync(Cancellation));

    [Fact]
    public Task Database_MadeReadOnly_RefusesWritesAndRecovers() => EndureAsync(
        "is read-only: it is a standby, or default_transaction_read_only is on",
        () => Server.ConfigureAsync("default_transaction_read_only", "on", Cancellation),
        () => Server.ConfigureAsync("default_transaction_read_only", null, Cancellation));

    [Fact]
    public Task Database_WithTooManyConnections_RefusesWritesAndRecovers() => EndureAsync(
        "too many connections for role",
        async () =>
        {
            await Server.ExecuteAsync("ALTER ROLE silo CONNECTION LIMIT 0", Cancellation);
            await cluster.EndSessionsAsync();
        },
        () => Server.ExecuteAsync("ALTER ROLE silo CONNECTION LIMIT -1", Cancellation));

    [Fact]
    public Task Database_WhosePasswordHasChanged_RefusesWritesAndRecovers() => EndureAsync(
        "password authentication failed for user",
        async () =>
        {
            await Server.ExecuteAsync("ALTER ROLE silo PASSWORD 'another'", Cancellation);
            await Server.RestartAsync(Cancellation);
        },
        () => Server.ExecuteAsync("ALTER ROLE silo PASSWORD 'right'", Cancellation));

    [Fact]
    public async Task Database_WhoseDiskIsFull_RefusesWritesAndRecovers()
    {
        Assert.SkipWhen(cluster.Disk is null, "mounting a small disk is not allowed here");
        await EndureAsync("has no space left", () => RunAsync(cluster.Disk.Fill), () => RunAsync(cluster.Disk.Empty));
    }

    [Fact]
    public async Task Database_ThatDoesNotAnswer_RefusesWritesAndRecovers()
    {
        PostgreSqlRequired();
        await EndureAsync("did not answer", () => RunAsync(cluster.Silo.Proxy.Stall), () => RunAsync(cluster.Silo.Proxy.Resume));
    }

    [Fact]
    public async Task Server_WithAShortStatementTimeoutForAll_IsUsedAllTheSame()
    {
        PostgreSqlRequired();
        await Server.ConfigureAsync("statement_timeout", "1ms", Cancellation);
        try
        {
            await cluster.EndSessionsAsync();
            await Poll.UntilAsync(async () => (await TryWriteAsync()).Code == HttpStatusCode.Created, Cancellation);
        }
        finally
        {
            await Server.ConfigureAsync("statement_timeout", null, Cancellation);
        }
    }

    private static void PostgreSqlRequired() => Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");

    private static Task RunAsync(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private async Task EndureAsync(string words, Func<Task> begin, Func<Task> end)
    {
        PostgreSqlRequired();
        await UntilAsync("writes are taken before", RecoversWithin, async () => (await TryWriteAsync()).Code == HttpStatusCode.Created);
        var linesBefore = CountLogLines();

        await begin();
        try
        {
            await UntilAsync("a write is refused", SeenWithin, async () => (await TryWriteAsync()).Code != HttpStatusCode.Created);
            var ready = "";
            await UntilAsync($"/readyz says '{words}'", SeenWithin, async () =>
            {
                ready = await ReadReadinessAsync();
                if (ready.Contains(words, StringComparison.Ordinal))
                    return true;
                await TryWriteAsync();
                return false;
            }, () => ready + cluster.Silo.Log);
            ready.ShouldContain("[-]store failed: ");
            ready.ShouldContain("readyz check failed");
        }
        finally
        {
            await end();
        }

        await UntilAsync("writes are taken again", RecoversWithin, async () => (await TryWriteAsync()).Code == HttpStatusCode.Created);
        await UntilAsync("it is ready again", RecoversWithin, async () => (await ReadReadinessAsync()).Contains("readyz check passed", StringComparison.Ordinal));
        var present = (await cluster.Api.ListAsync(Maps)).Select(map => (string)map["metadata"]!["name"]!).ToHashSet();
        _acknowledged.ShouldBeSubsetOf(present);
        cluster.Silo.IsRunning.ShouldBeTrue("no restart is needed");
        (CountLogLines() - linesBefore).ShouldBeInRange(1, LogLinesMax, cluster.Silo.Log);
    }

    /// <summary>Tries to create an object. A refusal must be one that clients know how to take.</summary>
    private async Task<(HttpStatusCode Code, string Message)> TryWriteAsync()
    {
        var name = $"map-{Guid.NewGuid():N}";
        var map = $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"payload":"{{{Payload()}}}"}}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, Maps) { Content = new StringContent(map, Encoding.UTF8, "application/json") };
        using var response = await cluster.Api.SendAsync(request);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        if (response.StatusCode == HttpStatusCode.Created)
        {
            _acknowledged.Add(name);
            return (response.StatusCode, "");
        }

        ((string?)body["kind"]).ShouldBe("Status");
        (response.StatusCode, (string?)body["reason"]).ShouldBeOneOf(
            (HttpStatusCode.ServiceUnavailable, "ServiceUnavailable"), (HttpStatusCode.GatewayTimeout, "Timeout"));
        response.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        ((int?)body["details"]!["retryAfterSeconds"]).ShouldNotBeNull().ShouldBeGreaterThan(0);
        return (response.StatusCode, (string)body["message"]!);
    }

    /// <summary>What no compression makes small.</summary>
    private static string Payload() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(60_000));

    private async Task<string> ReadReadinessAsync() => (await cluster.Api.SendAsync(HttpMethod.Get, "/readyz?verbose")).Body;

    private int CountLogLines() => cluster.Silo.Log.Split('\n').Length;

    private static async Task UntilAsync(string what, TimeSpan within, Func<Task<bool>> condition, Func<string>? explain = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > within)
                throw new TimeoutException($"not within {within.TotalSeconds} s: {what} {explain?.Invoke()}");
            await Task.Delay(Interval, TimeProvider.System, Cancellation);
        }
    }
}
