using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.Contract;
using OrleansOrchestrator.Testing;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>A server of its own that goes away and comes back.</summary>
public sealed class ServerLossTests
{
    [Fact]
    public async Task Server_KilledAndRestarted_LosesNoAcknowledgedCommitAndIsUsedAgain()
    {
        PostgreSqlFixture.RequireServer();
        await using var server = await PostgreSqlServer.StartAsync(Cancellation);
        var connectionString = await server.CreateDatabaseAsync(cancellationToken: Cancellation);
        await PostgreSqlMigrations.RunAsync(connectionString, NullLogger.Instance, Cancellation);
        await using var connections = PostgreSqlConnections.Create(connectionString, new PostgreSqlOptions());
        await using var store = new PostgreSqlTestStore(connections);
        var epoch = await store.OpenAsync();
        for (var head = 0; head < 100; head++)
            await store.CommitAsync(epoch, Commit(head, Added(head + 1, "ns", $"a{head:D3}")));

        await server.KillAsync();
        await ResolvedAsync(store, epoch, 100, stillDown: true);
        await server.RestartAsync(Cancellation);
        var resolved = await ResolvedAsync(store, epoch, 100, stillDown: false);

        resolved.ShouldBe(100);
        await store.CommitAsync(epoch, Commit(100, Added(101, "ns", "b")));
        (await store.LoadAsync()).Count.ShouldBe(101);
    }

    [Fact]
    public async Task Open_NothingListens_SaysSoInOneLine()
    {
        await using var connections = PostgreSqlConnections.Create("Host=127.0.0.1;Port=1;Username=x;Database=x", new PostgreSqlOptions());
        await using var log = new PostgreSqlObjectLog(connections);

        var failure = await Should.ThrowAsync<LogUnavailableException>(() => log.OpenAsync(new ShardId("pods"), Cancellation));

        failure.Message.ShouldBe("cannot connect to PostgreSQL at 127.0.0.1:1: connection refused");
    }

    /// <summary>One commit and, while its outcome is unknown, one look at the head, as a store grain does it.</summary>
    private static async Task<long> ResolvedAsync(TestStore store, long epoch, long head, bool stillDown)
    {
        try
        {
            await store.CommitAsync(epoch, Commit(head));
            stillDown.ShouldBeFalse();
        }
        catch (Exception e) when (e is OutcomeUnknownException or LogUnavailableException or InvalidOperationException)
        {
            // Which of them depends on whether a pooled connection had already been found broken.
        }

        if (stillDown)
        {
            var failure = await Should.ThrowAsync<LogUnavailableException>(() => ReadHeadPastBrokenConnectionsAsync(store, epoch, attempts: 5, until: "refused"));
            failure.Message.ShouldContain("connection refused");
            return head;
        }

        return await ReadHeadPastBrokenConnectionsAsync(store, epoch, attempts: 5, until: null);
    }

    /// <summary>Every pooled connection that the server has closed costs one failure.</summary>
    private static async Task<long> ReadHeadPastBrokenConnectionsAsync(TestStore store, long epoch, int attempts, string? until)
    {
        while (true)
        {
            try
            {
                return await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation);
            }
            catch (LogUnavailableException e) when (--attempts > 0 && (until is null || !e.Message.Contains(until, StringComparison.Ordinal)))
            {
                // The next attempt takes another connection.
            }
        }
    }
}
