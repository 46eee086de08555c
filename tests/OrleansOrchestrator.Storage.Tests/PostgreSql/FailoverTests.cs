using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.Contract;
using OrleansOrchestrator.Testing;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>Two servers in one connection string, of which the first is lost and the second becomes the primary.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task Primary_LostAndStandbyPromoted_LosesNoAcknowledgedCommit()
    {
        PostgreSqlFixture.RequireServer();
        await using var primary = await PostgreSqlServer.StartAsync(Cancellation);
        await primary.CreateDatabaseAsync("log", Cancellation);
        await using var standby = await PostgreSqlServer.StartStandbyAsync(primary, Cancellation);
        await primary.RequireStandbyAsync(Cancellation);

        // The standby comes first: which of them is the primary is found out, not assumed.
        var both = $"Host=127.0.0.1:{standby.Port},127.0.0.1:{primary.Port};Username=postgres;Database=log";
        await PostgreSqlMigrations.RunAsync(both, NullLogger.Instance, Cancellation);
        await using var connections = PostgreSqlConnections.Create(both, new PostgreSqlOptions());
        await using var store = new PostgreSqlTestStore(connections);
        var epoch = await store.OpenAsync();
        for (var head = 0; head < 50; head++)
            await store.CommitAsync(epoch, Commit(head, Added(head + 1, "ns", $"a{head:D3}")));

        await primary.KillAsync();
        var refused = await UntilRefusedAsync(() => store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation), "can be written to");
        refused.ShouldStartWith($"none of the PostgreSQL servers at 127.0.0.1:{standby.Port},127.0.0.1:{primary.Port} can be written to: ");

        await standby.PromoteAsync(Cancellation);
        (await SettleAsync(() => store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation))).ShouldBe(50);
        await SettleAsync(async () =>
        {
            if (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation) == 50)
                await store.CommitAsync(epoch, Commit(50, Added(51, "ns", "b")));
            return 51;
        });
        (await store.LoadAsync()).Count.ShouldBe(51);
    }

    [Fact]
    public async Task Standby_ThatIsNotPromoted_SaysThatItIsReadOnly()
    {
        PostgreSqlFixture.RequireServer();
        await using var primary = await PostgreSqlServer.StartAsync(Cancellation);
        var database = await primary.CreateDatabaseAsync("log", Cancellation);
        await PostgreSqlMigrations.RunAsync(database, NullLogger.Instance, Cancellation);
        await using var standby = await PostgreSqlServer.StartStandbyAsync(primary, Cancellation);
        await using var connections = PostgreSqlConnections.Create(standby.ConnectionString("log"), new PostgreSqlOptions());
        await using var log = new PostgreSqlObjectLog(connections);

        var failure = await Should.ThrowAsync<LogUnavailableException>(() => log.OpenAsync(new ShardId("pods"), Cancellation));

        failure.Message.ShouldBe($"PostgreSQL at 127.0.0.1:{standby.Port} is read-only: it is a standby, or default_transaction_read_only is on");
        await standby.PromoteAsync(Cancellation);
        (await log.OpenAsync(new ShardId("pods"), Cancellation)).HeadRevision.ShouldBe(0);
    }

    /// <summary>Tries again while connections to the lost server are found broken, one by one.</summary>
    private static async Task<long> SettleAsync(Func<Task<long>> call)
    {
        long? result = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    result = await call();
                    return true;
                }
                catch (Exception e) when (e is LogUnavailableException or OutcomeUnknownException)
                {
                    return false;
                }
            });
        return result!.Value;
    }

    /// <summary>Pooled connections break first, each on its own.</summary>
    private static async Task<string> UntilRefusedAsync(Func<Task> call, string words)
    {
        var message = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                message = (await Should.ThrowAsync<LogUnavailableException>(call)).Message;
                return message.Contains(words, StringComparison.Ordinal);
            });
        return message;
    }
}
