using Npgsql;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.Contract;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>Two silos, each with its own log, and what only the database can refuse.</summary>
public sealed class FencingTests(PostgreSqlFixture fixture)
{
    [Fact]
    public async Task Commit_BySiloThatWasReplaced_IsFencedByTheDatabase()
    {
        await using var old = CreateStore();
        await using var replacement = new PostgreSqlObjectLog(fixture.Connections);
        var stale = await old.OpenAsync();
        var current = (await replacement.OpenAsync(old.Shard, Cancellation)).Epoch;

        await Should.ThrowAsync<FencedException>(() => old.CommitAsync(stale, Commit(0, Added(1, "ns", "stale"))));
        await Should.ThrowAsync<FencedException>(() => old.Log.ReadHeadAsync(old.Shard, stale, Cancellation));
        await replacement.CommitAsync(old.Shard, current, Commit(0, Added(1, "ns", "current")), Cancellation);

        (await old.LoadAsync()).Select(Describe).ShouldBe(["ns/current@1=ns/current@1"]);
    }

    [Fact]
    public async Task Commit_SilosTakingTheShardFromEachOther_HistoryHasNoGapAndNoDouble()
    {
        await using var store = CreateStore();
        var acknowledged = await Task.WhenAll(Enumerable.Range(0, 3).Select(silo => Task.Run(() => WriteAndStealAsync(store.Shard, silo))));

        var history = await store.ChangesAsync();
        history.Select(change => change.Revision).ShouldBe(Enumerable.Range(1, history.Count).Select(i => (long)i));
        history.Select(change => change.Name).Order().ShouldBe(acknowledged.SelectMany(names => names).Order());
        (await store.LoadAsync()).Count.ShouldBe(history.Count);
    }

    [Fact]
    public async Task Commit_RowLockedTooLong_HasCertainlyNotHappened()
    {
        PostgreSqlFixture.RequireServer();
        await using var connections = PostgreSqlConnections.Create(
            fixture.ConnectionString, new PostgreSqlOptions { CommandTimeout = TimeSpan.FromSeconds(1) });
        await using var store = new PostgreSqlTestStore(connections);
        var epoch = await store.OpenAsync();
        await using (var blocker = await fixture.Connections.General.OpenConnectionAsync(Cancellation))
        {
            await using var transaction = await blocker.BeginTransactionAsync(Cancellation);
            await using var command = new NpgsqlCommand("SELECT 1 FROM resource_shards WHERE resource = $1 FOR UPDATE", blocker)
                .With(store.Shard.Resource);
            await command.ExecuteNonQueryAsync(Cancellation);

            var failure = await Should.ThrowAsync<LogUnavailableException>(() => store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a"))));
            failure.Message.ShouldContain("statement timeout");
        }

        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a")));
    }

    [Fact]
    public async Task Commit_EpochNeverOpenedHere_IsAFaultOfTheCaller()
    {
        await using var store = CreateStore();

        await Should.ThrowAsync<InvalidOperationException>(() => store.CommitAsync(1, Commit(0, Added(1, "ns", "a"))));
    }

    [Theory]
    [InlineData("ERROR", "57014", true)]
    [InlineData("ERROR", "40P01", true)]
    [InlineData("ERROR", "08006", false)]
    [InlineData("ERROR", "40003", false)]
    [InlineData("FATAL", "57P01", false)]
    [InlineData("PANIC", "XX000", false)]
    public void Failure_OfACommit_IsCertainOnlyIfTheServerRolledBack(string severity, string state, bool certain) =>
        PostgreSqlFailure.CertainlyRolledBack(new PostgresException("text", severity, severity, state)).ShouldBe(certain);

    [Fact]
    public void Failure_OfTheConnection_IsNeverCertain() =>
        PostgreSqlFailure.CertainlyRolledBack(new NpgsqlException("text", new TimeoutException())).ShouldBeFalse();

    /// <returns>The names that were acknowledged to this silo.</returns>
    private async Task<List<string>> WriteAndStealAsync(ShardId shard, int silo)
    {
        await using var log = new PostgreSqlObjectLog(fixture.Connections);
        List<string> acknowledged = [];
        for (var take = 0; take < 15; take++)
        {
            var opening = await log.OpenAsync(shard, Cancellation);
            var head = opening.HeadRevision;
            try
            {
                for (var i = 0; i < 5; i++, head++)
                {
                    var name = $"silo{silo}-take{take}-{i}";
                    await log.CommitAsync(shard, opening.Epoch, Commit(head, Added(head + 1, "ns", name)), Cancellation);
                    acknowledged.Add(name);
                }
            }
            catch (FencedException)
            {
                // Another silo has it now; take it back.
            }
        }

        return acknowledged;
    }

    private PostgreSqlTestStore CreateStore()
    {
        PostgreSqlFixture.RequireServer();
        return new PostgreSqlTestStore(fixture.Connections);
    }
}
