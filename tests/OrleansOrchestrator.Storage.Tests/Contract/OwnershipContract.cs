using OrleansOrchestrator.Storage.Log;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Contract;

/// <summary>One writer at a time (invariant I3), whatever the implementation.</summary>
public abstract class OwnershipContract
{
    protected abstract Task<TestStore> CreateStoreAsync();

    [Fact]
    public async Task Commit_OlderEpoch_IsFencedAndWritesNothing()
    {
        await using var store = await CreateStoreAsync();
        var stale = await store.OpenAsync();
        var current = await store.OpenAsync();

        await Should.ThrowAsync<FencedException>(() => store.CommitAsync(stale, Commit(0, Added(1, "ns", "stale"), Deleted(2, 1, "ns", "b"))));
        await store.CommitAsync(current, Commit(0, Added(1, "ns", "current")));

        (await store.LoadAsync()).Select(Describe).ShouldBe(["ns/current@1=ns/current@1"]);
        (await store.ChangesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Commit_WrongHead_IsFencedAndWritesNothing()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a")));

        await Should.ThrowAsync<FencedException>(() => store.CommitAsync(epoch, Commit(0, Deleted(2, 1, "ns", "a"))));

        (await store.LoadAsync()).Select(Describe).ShouldBe(["ns/a@1=ns/a@1"]);
        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task ReadHeadAndRenew_OlderEpoch_AreFenced()
    {
        await using var store = await CreateStoreAsync();
        var stale = await store.OpenAsync();
        var current = await store.OpenAsync();

        await Should.ThrowAsync<FencedException>(() => store.Log.ReadHeadAsync(store.Shard, stale, Cancellation));
        await Should.ThrowAsync<FencedException>(() => store.Log.RenewLeaseAsync(store.Shard, stale, Lease, Cancellation));
        await store.Log.ReleaseAsync(store.Shard, stale, Cancellation);
        await store.Log.RenewLeaseAsync(store.Shard, current, Lease, Cancellation);
        (await store.Log.ReadHeadAsync(store.Shard, current, Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task ReadHead_BetweenCommits_DoesNotDisturbThem()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        for (var revision = 1; revision <= 3; revision++)
        {
            await store.CommitAsync(epoch, Commit(revision - 1, Added(revision, "ns", $"a{revision}")));
            (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(revision);
        }
    }

    [Fact]
    public async Task Commit_TwoCommitsOnOneHead_ExactlyOneWins()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        for (var round = 0; round < 30; round++)
        {
            var head = round;
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer =>
                TryCommitAsync(store, epoch, Commit(head, Added(head + 1, $"writer{writer}", $"round{head}")))));

            outcomes.Count(won => won).ShouldBe(1);
        }

        (await store.ChangesAsync()).Count.ShouldBe(30);
        (await store.LoadAsync()).Count.ShouldBe(30);
    }

    [Fact]
    public async Task Commit_WhileAnotherOwnerTakesOver_EitherCountsOrIsFenced()
    {
        await using var store = await CreateStoreAsync();
        var opening = await store.Log.OpenAsync(store.Shard, Cancellation);
        for (var round = 0; round < 40; round++)
        {
            var before = opening;
            var commit = TryCommitAsync(store, before.Epoch, Commit(before.HeadRevision, Added(before.HeadRevision + 1, "ns", $"round{round}")));
            var takeOver = store.Log.OpenAsync(store.Shard, Cancellation);

            // What the new owner read is final: a commit of the old one is in it, or never happens.
            opening = await takeOver;
            opening.HeadRevision.ShouldBe(await commit ? before.HeadRevision + 1 : before.HeadRevision);
        }

        (await store.LoadAsync()).Count.ShouldBe((int)opening.HeadRevision);
    }

    [Fact]
    public async Task Identity_ConcurrentFirstWriters_AllGetOneWinner()
    {
        await using var store = await CreateStoreAsync();
        var name = store.Shard.Resource;
        var proposals = 0;

        var values = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() =>
            store.Identity.GetOrAddAsync(name, () => [(byte)Interlocked.Increment(ref proposals)], Cancellation))));
        await store.ReopenAsync();
        var later = await store.Identity.GetOrAddAsync(name, () => throw new InvalidOperationException("there is a value already"), Cancellation);

        values.ShouldAllBe(value => value.SequenceEqual(later));
    }

    private static async Task<bool> TryCommitAsync(TestStore store, long epoch, LogCommit commit)
    {
        try
        {
            await Task.Run(() => store.CommitAsync(epoch, commit));
            return true;
        }
        catch (FencedException)
        {
            return false;
        }
    }
}
