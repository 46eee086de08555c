using OrleansOrchestrator.Storage.Log;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Contract;

/// <summary>What watches resume from (invariant I5): reading and trimming the history.</summary>
public abstract class HistoryContract
{
    protected abstract Task<TestStore> CreateStoreAsync();

    [Fact]
    public async Task ReadChanges_InPages_GivesEveryChangeOnceWithPrevious()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(3, "ns", "a", "1"), Modified(5, 3, "ns", "a", "2"), Added(6, "ns", "b", "3")));
        await store.CommitAsync(epoch, Commit(6, Deleted(9, 5, "ns", "a", "4")));

        List<string> seen = [];
        long after = 0;
        while (await store.ChangesAsync(after, limit: 2) is { Count: > 0 } page)
        {
            page.Count.ShouldBeLessThanOrEqualTo(2);
            seen.AddRange(page.Select(Describe));
            after = page[^1].Revision;
        }

        seen.ShouldBe(["3 Added ns/a=1", "5 Modified ns/a=2 was 1", "6 Added ns/b=3", "9 Deleted ns/a=4 was 2"]);
    }

    [Fact]
    public async Task ReadChanges_LargeOnes_AreBoundedByTheirBytesAndNeverNone()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        // Of different sizes, some of which compress to next to nothing; a change counts with the version that it follows on.
        var large = new string('x', 300_000);
        await store.CommitAsync(epoch, Commit(0,
            Added(1, "ns", "a", large), Added(2, "ns", "b", "small"), Modified(3, 1, "ns", "a", large), Deleted(4, 3, "ns", "a", large),
            Added(5, "ns", "c", large), Added(6, "ns", "d", large)));

        List<int> counts = [];
        List<long> seen = [];
        long after = 0;
        while (await store.ChangesAsync(after, bytesMax: 610_000) is { Count: > 0 } page)
        {
            counts.Add(page.Count);
            seen.AddRange(page.Select(change => change.Revision));
            after = page[^1].Revision;
        }

        seen.ShouldBe([1, 2, 3, 4, 5, 6]);
        counts.ShouldBe([2, 1, 1, 2]);
        (await store.ChangesAsync(bytesMax: 1)).Count.ShouldBe(1);
        (await store.ChangesAsync(limit: 2)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task ReadChanges_NothingNewer_IsEmpty()
    {
        await using var store = await CreateStoreAsync();
        (await store.ChangesAsync()).ShouldBeEmpty();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a")));

        (await store.ChangesAsync(after: 1)).ShouldBeEmpty();
        (await store.ChangesAsync(after: 500)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Trim_OldEnoughChanges_KeepsTheMinimumCount()
    {
        await using var store = await CreateStoreAsync();
        await store.FillAsync(100);

        var compacted = await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 10, Cancellation);

        compacted.ShouldBe(89);
        (await store.ChangesAsync(after: 89)).Select(change => change.Revision).ShouldBe(Enumerable.Range(90, 11).Select(i => (long)i));
        var refused = await Should.ThrowAsync<CompactedException>(() => store.ChangesAsync(after: 88));
        refused.CompactedRevision.ShouldBe(89);
        (await store.LoadAsync()).Count.ShouldBe(100);
    }

    [Fact]
    public async Task Trim_YoungChanges_KeepsThemAll()
    {
        await using var store = await CreateStoreAsync();
        await store.FillAsync(100);

        (await store.Log.TrimAsync(store.Shard, TimeSpan.FromHours(1), 0, Cancellation)).ShouldBe(0);

        (await store.ChangesAsync()).Count.ShouldBe(100);
    }

    [Fact]
    public async Task Trim_MoreThanOneBatch_GoesAllTheWay()
    {
        await using var store = await CreateStoreAsync();
        await store.FillAsync(5000);

        (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 100, Cancellation)).ShouldBe(4899);

        (await store.ChangesAsync(after: 4899)).Count.ShouldBe(101);
    }

    [Fact]
    public async Task Trim_Repeated_NeverGoesBack()
    {
        await using var store = await CreateStoreAsync();
        await store.FillAsync(50);
        await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 10, Cancellation);

        (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 40, Cancellation)).ShouldBe(39);
        (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 0, Cancellation)).ShouldBe(49);

        await store.ReopenAsync();
        (await store.Log.OpenAsync(store.Shard, Cancellation)).CompactedRevision.ShouldBe(49);
    }

    [Fact]
    public async Task Trim_OldVersions_KeepsTheNewestOfEachObject()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "idle", "1"), Added(2, "ns", "gone", "2"), Added(3, "ns", "busy", "3")));
        await store.CommitAsync(epoch, Commit(3, Modified(4, 3, "ns", "busy", "4"), Deleted(5, 2, "ns", "gone", "5"), Added(6, "ns", "last", "6")));

        (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 0, Cancellation)).ShouldBe(5);
        await store.CommitAsync(epoch, Commit(6, Modified(7, 1, "ns", "idle", "7")));

        (await store.LoadAsync()).Select(Describe).ShouldBe(["ns/busy@4=4", "ns/idle@7=7", "ns/last@6=6"]);
        (await store.ChangesAsync(after: 5)).Select(Describe).ShouldBe(["6 Added ns/last=6", "7 Modified ns/idle=7 was 1"]);
        (await store.StoredRevisionsAsync()).ShouldBe([1, 4, 6, 7]);

        await store.CommitAsync(epoch, Commit(7, Added(8, "ns", "more", "8")));
        await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 0, Cancellation);
        (await store.StoredRevisionsAsync()).ShouldBe([4, 6, 7, 8]);
    }

    [Fact]
    public async Task Trim_UnknownShard_DoesNothing()
    {
        await using var store = await CreateStoreAsync();

        (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 0, Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task Trim_WhileCommitting_DisturbsNoCommit()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        var done = false;
        var trimming = Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref done))
                    await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 5, Cancellation);
            },
            Cancellation);

        for (var head = 0; head < 2000; head += 10)
        {
            var from = head;
            await store.CommitAsync(epoch, Commit(from, [.. Enumerable.Range(from + 1, 10).Select(i => Added(i, "ns", $"a{i}"))]));
        }

        Volatile.Write(ref done, true);
        await trimming;
        (await store.LoadAsync()).Count.ShouldBe(2000);
        (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, 5, Cancellation)).ShouldBe(1994);
    }
}
