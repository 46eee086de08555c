using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.Tests.Contract;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>Read leases by the database's clock: a new owner learns how long the one before it may still answer.</summary>
public sealed class LeaseTests(PostgreSqlFixture fixture)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Open_WhileALeaseRuns_TellsWhatRemains()
    {
        await using var store = CreateStore();
        await store.Log.OpenAsync(store.Shard, Long, Cancellation);

        var second = await store.Log.OpenAsync(store.Shard, Long, Cancellation);
        var third = await store.Log.OpenAsync(store.Shard, Long, Cancellation);

        second.PreviousLeaseRemaining.ShouldBeInRange(Long - Slack, Long);

        // The second lease begins where the first ends.
        third.PreviousLeaseRemaining.ShouldBeInRange(Long + Long - Slack, Long + Long);
    }

    [Fact]
    public async Task Open_AfterRelease_NeedNotWait()
    {
        await using var store = CreateStore();
        var first = await store.Log.OpenAsync(store.Shard, Long, Cancellation);
        await store.Log.ReleaseAsync(store.Shard, first.Epoch, Cancellation);

        (await store.Log.OpenAsync(store.Shard, Long, Cancellation)).PreviousLeaseRemaining.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Release_ByAnOwnerThatStillWaits_KeepsTheLeaseBeforeIt()
    {
        await using var store = CreateStore();
        await store.Log.OpenAsync(store.Shard, Long, Cancellation);
        var second = await store.Log.OpenAsync(store.Shard, Long, Cancellation);
        await store.Log.ReleaseAsync(store.Shard, second.Epoch, Cancellation);

        // The first owner was never told to stop, so its lease still counts.
        (await store.Log.OpenAsync(store.Shard, Long, Cancellation)).PreviousLeaseRemaining.ShouldBeInRange(Long - Slack, Long);
    }

    [Fact]
    public async Task Release_ByAFencedOwner_DoesNotEndTheNewLease()
    {
        await using var store = CreateStore();
        var stale = await store.Log.OpenAsync(store.Shard, TimeSpan.Zero, Cancellation);
        await store.Log.OpenAsync(store.Shard, Long, Cancellation);
        await store.Log.ReleaseAsync(store.Shard, stale.Epoch, Cancellation);

        (await store.Log.OpenAsync(store.Shard, Long, Cancellation)).PreviousLeaseRemaining.ShouldBeInRange(Long - Slack, Long);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_ExtendedByCommitOrRenewal_Runs(bool commit)
    {
        await using var store = CreateStore();
        var epoch = (await store.Log.OpenAsync(store.Shard, TimeSpan.Zero, Cancellation)).Epoch;
        if (commit)
            await store.CommitAsync(epoch, new LogCommit(0, 1, [], Long));
        else
            await store.Log.RenewLeaseAsync(store.Shard, epoch, Long, Cancellation);

        (await store.Log.OpenAsync(store.Shard, Long, Cancellation)).PreviousLeaseRemaining.ShouldBeInRange(Long - Slack, Long);
    }

    [Fact]
    public async Task Renew_Shorter_DoesNotShortenTheLease()
    {
        await using var store = CreateStore();
        var epoch = (await store.Log.OpenAsync(store.Shard, Long, Cancellation)).Epoch;
        await store.Log.RenewLeaseAsync(store.Shard, epoch, TimeSpan.FromSeconds(1), Cancellation);

        (await store.Log.OpenAsync(store.Shard, Long, Cancellation)).PreviousLeaseRemaining.ShouldBeGreaterThan(Long - Slack);
    }

    private PostgreSqlTestStore CreateStore()
    {
        PostgreSqlFixture.RequireServer();
        return new PostgreSqlTestStore(fixture.Connections);
    }
}
