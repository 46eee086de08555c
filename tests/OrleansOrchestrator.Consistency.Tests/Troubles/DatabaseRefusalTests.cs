using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A database that answers, and refuses what the silo asks.</summary>
[Collection(nameof(SiloInTrouble))]
public sealed class DatabaseRefusalTests(SiloInTrouble cluster) : DatabaseTroubleTests(cluster)
{
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
            await Cluster.EndSessionsAsync();
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
        Assert.SkipWhen(Cluster.Disk is null, "mounting a small disk is not allowed here");
        await EndureAsync("has no space left", () => RunAsync(Cluster.Disk.Fill), () => RunAsync(Cluster.Disk.Empty));
    }

    [Fact]
    public async Task Server_WithAShortStatementTimeoutForAll_IsUsedAllTheSame()
    {
        PostgreSqlRequired();
        await Server.ConfigureAsync("statement_timeout", "1ms", Cancellation);
        try
        {
            await Cluster.EndSessionsAsync();
            await Eventually.HoldsAsync(() => Trial.WritesAsync());
        }
        finally
        {
            await Server.ConfigureAsync("statement_timeout", null, Cancellation);
        }
    }
}
