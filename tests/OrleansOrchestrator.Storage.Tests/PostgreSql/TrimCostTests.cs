using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.PostgreSql;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>Housekeeping looks at what it may trim, however much history there is, and whatever the planner believes of it.</summary>
public sealed class TrimCostTests(PostgreSqlFixture fixture)
{
    private const int Changes = 200_000;
    private const int Step = 100;

    [Fact]
    public async Task Trim_OfALargeYoungHistoryWithoutStatistics_ReadsOneStep()
    {
        PostgreSqlFixture.RequireServer();
        var database = await fixture.Server.CreateDatabaseAsync(cancellationToken: Cancellation);
        await PostgreSqlMigrations.RunAsync(database, NullLogger.Instance, Cancellation);

        // Of what a session has read only the session itself can tell at once, so there is one.
        await using var connections = PostgreSqlConnections.Create(
            database, new PostgreSqlOptions { ReadConnectionsMax = 1, TrimBatchRows = Step });
        await using var store = new PostgreSqlTestStore(connections);
        await ExecuteAsync("ALTER TABLE changes SET (autovacuum_enabled = false)");
        await store.FillAsync(Changes);
        var before = await EntriesReadAsync();

        (await store.Log.TrimAsync(store.Shard, TimeSpan.FromHours(1), 0, Cancellation)).ShouldBe(0);

        (await EntriesReadAsync() - before).ShouldBeLessThanOrEqualTo(2 * Step);

        async Task ExecuteAsync(string statement)
        {
            await using var command = connections.General.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        async Task<long> EntriesReadAsync()
        {
            await ExecuteAsync("SELECT pg_stat_force_next_flush()");
            await using var command = connections.General.CreateCommand(
                "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'changes_pkey'");
            return (long)(await command.ExecuteScalarAsync(Cancellation))!;
        }
    }
}
