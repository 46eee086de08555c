using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A silo whose database does not do what it should.</summary>
[Collection(nameof(SiloInTrouble))]
public sealed class DatabaseTroubleTests(SiloInTrouble cluster)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PostgreSqlServer Server => cluster.Server;

    private TroubleTrial Trial => new(cluster.Api, () => cluster.Silo.Log);

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
    public async Task Database_WhoseLogHasNoSpace_RefusesWritesAndRecovers()
    {
        Assert.SkipWhen(cluster.LogDisk is null, "mounting a small disk is not allowed here");

        // The server ends itself, and cannot start again before somebody has made room.
        await EndureAsync(
            "PostgreSQL at 127.0.0.1:",
            () => RunAsync(cluster.LogDisk.Fill),
            async () =>
            {
                cluster.LogDisk.Empty();
                await Server.RestartAsync(Cancellation);
            });
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
            await Eventually.HoldsAsync(() => Trial.WritesAsync());
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
        await Trial.EndureAsync(words, begin, end);
        cluster.Silo.IsRunning.ShouldBeTrue("no restart is needed");
    }
}
