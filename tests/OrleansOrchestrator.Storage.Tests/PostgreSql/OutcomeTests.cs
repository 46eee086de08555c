using Npgsql;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.Contract;
using OrleansOrchestrator.Testing;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>Commits whose answer is lost (invariant I4): what the head says afterwards is what happened, and stays so.</summary>
public sealed class OutcomeTests(PostgreSqlFixture fixture) : IAsyncDisposable
{
    private FaultProxy? _proxy;
    private PostgreSqlConnections? _connections;
    private PostgreSqlTestStore? _store;

    private FaultProxy Proxy => _proxy!;

    [Fact]
    public async Task Commit_ReplyLost_IsUnknownAndHeadSaysCommitted()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        Proxy.Arm(ProxyFault.LoseReply);

        await Should.ThrowAsync<OutcomeUnknownException>(() => store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b"))));

        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(2);
        await store.CommitAsync(epoch, Commit(2, Added(3, "ns", "c")));
        (await store.LoadAsync()).Select(stored => stored.Name).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task Commit_CutOnTheWay_IsUnknownAndHeadSaysNotCommitted()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        Proxy.Arm(ProxyFault.CutRequest);

        await Should.ThrowAsync<OutcomeUnknownException>(() => store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b"))));

        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(1);
        await store.CommitAsync(epoch, Commit(1, Added(2, "ns", "again")));
        (await store.LoadAsync()).Select(stored => stored.Name).ShouldBe(["a", "again"]);
    }

    [Fact]
    public async Task Commit_ArrivingAfterTheHeadWasRead_HasNoEffect()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        Proxy.Arm(ProxyFault.HoldRequest);

        await Should.ThrowAsync<OutcomeUnknownException>(() => store.CommitAsync(epoch, Commit(1, Added(2, "ns", "late"))));
        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(1);
        await Proxy.DeliverHeldAsync(Cancellation);

        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(1);
        (await store.LoadAsync()).Select(stored => stored.Name).ShouldBe(["a"]);
        await store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b")));
    }

    [Fact]
    public async Task Commit_ArrivingBeforeTheHeadIsRead_Counts()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        Proxy.Arm(ProxyFault.HoldRequest);

        await Should.ThrowAsync<OutcomeUnknownException>(() => store.CommitAsync(epoch, Commit(1, Added(2, "ns", "late"))));
        await Proxy.DeliverHeldAsync(Cancellation);

        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(2);
        (await store.LoadAsync()).Select(stored => stored.Name).ShouldBe(["a", "late"]);
    }

    [Fact]
    public async Task Commit_AfterAnUnknownOne_IsRefusedUntilTheHeadIsRead()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        Proxy.Arm(ProxyFault.LoseReply);
        await Should.ThrowAsync<OutcomeUnknownException>(() => store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b"))));

        await Should.ThrowAsync<InvalidOperationException>(() => store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b"))));

        (await store.ChangesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task ReadHead_WhileTheLostCommitIsExecuted_WaitsForIt()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        await using var blocker = await fixture.Connections.General.OpenConnectionAsync(Cancellation);
        await using var transaction = await blocker.BeginTransactionAsync(Cancellation);
        await LockShardAsync(blocker, store.Shard);
        var commit = store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b")));
        await WaitForLockQueueAsync(1);

        // The server does not notice that the client is gone; the commit still waits for the row.
        Proxy.DropConnections();
        await Should.ThrowAsync<OutcomeUnknownException>(() => commit);
        var read = ReadHeadOnAnyConnectionAsync(store, epoch);
        await WaitForLockQueueAsync(2);
        read.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync(Cancellation);

        (await read).ShouldBe(2);
    }

    [Fact]
    public async Task Commit_CancelledWhileExecuting_IsUnknownAndHeadTellsTheTruth()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        await using var blocker = await fixture.Connections.General.OpenConnectionAsync(Cancellation);
        await using var transaction = await blocker.BeginTransactionAsync(Cancellation);
        await LockShardAsync(blocker, store.Shard);
        using var impatience = new CancellationTokenSource();

        var commit = store.Log.CommitAsync(store.Shard, epoch, Commit(1, Added(2, "ns", "b")), impatience.Token);
        await WaitForLockQueueAsync(1);
        await impatience.CancelAsync();
        await Should.ThrowAsync<OutcomeUnknownException>(() => commit);
        await transaction.RollbackAsync(Cancellation);

        var head = await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation);
        head.ShouldBe((await store.ChangesAsync()).Count);
        (await store.LoadAsync()).Count.ShouldBe((int)head);
    }

    [Fact]
    public async Task Commit_BackendTerminated_HeadTellsTheTruth()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        var head = 1L;
        for (var round = 0; round < 20; round++)
        {
            var revision = head + 1;
            var commit = store.CommitAsync(epoch, Commit(head, Added(revision, "ns", $"round{round}", new string('x', 20_000))));
            await TerminateCommitSessionsAsync();
            try
            {
                await commit;
                head = revision;
            }
            catch (LogUnavailableException)
            {
                // The session ended while the statement was being prepared.
            }
            catch (OutcomeUnknownException)
            {
                head = await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation);
                head.ShouldBeOneOf(revision - 1, revision);
            }

            (await store.ChangesAsync()).Count.ShouldBe((int)head);
        }
    }

    [Fact]
    public async Task Commit_TokenCancelledBeforehand_TouchesNothing()
    {
        var (store, epoch) = await OpenThroughProxyAsync();

        await Should.ThrowAsync<LogUnavailableException>(() =>
            store.Log.CommitAsync(store.Shard, epoch, Commit(1, Added(2, "ns", "b")), new CancellationToken(canceled: true)));

        await store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b")));
    }

    [Fact]
    public async Task Commit_CancelledWhileAnotherIsOnItsWay_HasCertainlyNotHappened()
    {
        var (store, epoch) = await OpenThroughProxyAsync();
        await using var blocker = await fixture.Connections.General.OpenConnectionAsync(Cancellation);
        await using var transaction = await blocker.BeginTransactionAsync(Cancellation);
        await LockShardAsync(blocker, store.Shard);
        var first = store.CommitAsync(epoch, Commit(1, Added(2, "ns", "b")));
        await WaitForLockQueueAsync(1);
        using var impatience = new CancellationTokenSource();

        var second = store.Log.CommitAsync(store.Shard, epoch, Commit(2, Added(3, "ns", "c")), impatience.Token);
        await impatience.CancelAsync();
        await Should.ThrowAsync<LogUnavailableException>(() => second);
        await transaction.RollbackAsync(Cancellation);
        await first;

        await store.CommitAsync(epoch, Commit(2, Added(3, "ns", "again")));
        (await store.LoadAsync()).Select(stored => stored.Name).ShouldBe(["a", "again", "b"]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        if (_connections is not null)
            await _connections.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
    }

    /// <summary>A store whose connections go through the proxy, with one object in it, so that the commit is prepared.</summary>
    private async Task<(TestStore Store, long Epoch)> OpenThroughProxyAsync()
    {
        PostgreSqlFixture.RequireServer();
        _proxy = FaultProxy.Start(fixture.Server.Port);
        var settings = new NpgsqlConnectionStringBuilder(fixture.ConnectionString) { Port = _proxy.Port, ApplicationName = ApplicationName };
        _connections = PostgreSqlConnections.Create(settings.ConnectionString, new PostgreSqlOptions());
        _store = new PostgreSqlTestStore(_connections);
        var epoch = await _store.OpenAsync();
        await _store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a")));
        return (_store, epoch);
    }

    private string ApplicationName { get; } = $"outcome-{Guid.NewGuid():N}"[..20];

    /// <summary>A pooled connection that was dropped is noticed when it is used.</summary>
    private static async Task<long> ReadHeadOnAnyConnectionAsync(TestStore store, long epoch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation);
            }
            catch (LogUnavailableException) when (attempt < 5)
            {
                // The next attempt takes another connection.
            }
        }
    }

    private static async Task LockShardAsync(NpgsqlConnection connection, ShardId shard)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM resource_shards WHERE resource = $1 FOR UPDATE", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = shard.Resource });
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Waits until that many of this test's sessions wait for a lock.</summary>
    private Task WaitForLockQueueAsync(int sessions) => Eventually.HoldsAsync(
        async () => (long)(await fixture.Server.ExecuteAsync(
            $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{ApplicationName}' AND wait_event_type = 'Lock'", Cancellation))! >= sessions);

    private Task TerminateCommitSessionsAsync() => fixture.Server.ExecuteAsync(
        $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{ApplicationName}' AND query LIKE '%history AS%'", Cancellation);
}
