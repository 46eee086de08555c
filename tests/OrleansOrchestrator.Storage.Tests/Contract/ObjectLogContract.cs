using OrleansOrchestrator.Storage.Log;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Contract;

/// <summary>What every implementation of <see cref="IObjectLog"/> must do. Derived classes bring the store.</summary>
public abstract class ObjectLogContract
{
    protected abstract Task<TestStore> CreateStoreAsync();

    [Fact]
    public async Task Open_NewShard_StartsAtRevisionZero()
    {
        await using var store = await CreateStoreAsync();

        var opening = await store.Log.OpenAsync(store.Shard, Cancellation);

        opening.ShouldBe(new ShardOpening(1, 0, 0, TimeSpan.Zero));
        (await store.LoadAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Open_AfterCommits_RaisesEpochAndKeepsHead()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(7, "ns", "a")));

        await store.ReopenAsync();
        var opening = await store.Log.OpenAsync(store.Shard, Cancellation);

        opening.Epoch.ShouldBe(epoch + 1);
        opening.HeadRevision.ShouldBe(7);
        opening.CompactedRevision.ShouldBe(0);
    }

    [Fact]
    public async Task Load_MixedKeys_AreToldApart()
    {
        (string Namespace, string Name)[] keys =
        [
            ("ns", "a-b"), ("ns", "ab"), ("ns", "a/b"), ("ns", "a.b"), ("ns", "Z"), ("ns", "z"), ("ns", "é"), ("ns", "日本"), ("ns", "_"),
            ("", "cluster"), ("NS", "a"), ("ns-1", "a"), ("ns", "a"), ("ns/1", "a"), ("ñ", "a"), ("ns", "a b"), ("ns", "A"),
        ];
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        await store.CommitAsync(epoch, Commit(0, [.. keys.Select((key, i) => Added(i + 1, key.Namespace, key.Name))]));

        var expected = keys.OrderBy(key => key.Namespace, StringComparer.Ordinal).ThenBy(key => key.Name, StringComparer.Ordinal);
        (await store.LoadAsync()).Select(stored => (stored.Namespace, stored.Name)).ShouldBe(expected);
    }

    [Fact]
    public async Task Load_AfterReopen_GivesTheNewestState()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a"), Added(2, "ns", "b"), Added(3, "ns", "c")));
        await store.CommitAsync(epoch, Commit(3, Modified(4, 2, "ns", "b", "new"), Deleted(5, 1, "ns", "a")));

        await store.ReopenAsync();

        (await store.LoadAsync()).Select(Describe).ShouldBe(["ns/b@4=new", "ns/c@3=ns/c@3"]);
    }

    [Fact]
    public async Task Commit_AddModifyDeleteOfOneKey_LeavesOnlyHistory()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a", "v1"), Modified(2, 1, "ns", "a", "v2"), Deleted(3, 2, "ns", "a", "v3")));

        (await store.LoadAsync()).ShouldBeEmpty();
        (await store.ChangesAsync()).Select(Describe).ShouldBe(["1 Added ns/a=v1", "2 Modified ns/a=v2 was v1", "3 Deleted ns/a=v3 was v2"]);
    }

    [Fact]
    public async Task Commit_DeleteAndAddAgain_KeepsTheNewObject()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a", "old")));

        await store.CommitAsync(epoch, Commit(1, Deleted(2, 1, "ns", "a", "old"), Added(3, "ns", "a", "new")));

        (await store.LoadAsync()).Select(Describe).ShouldBe(["ns/a@3=new"]);
    }

    [Fact]
    public async Task Commit_OnlyReservingRevisions_AdvancesTheHead()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        await store.CommitAsync(epoch, new LogCommit(0, 1000, [], Lease));

        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(1000);
        (await store.Log.OpenAsync(store.Shard, Cancellation)).HeadRevision.ShouldBe(1000);
    }

    [Fact]
    public async Task Commit_InvalidBatch_IsRefusedBeforeAnythingIsStored()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        LogCommit[] invalid =
        [
            Commit(0, Added(2, "ns", "a"), Added(1, "ns", "b")),
            Commit(0, Added(1, "ns", "a"), Added(1, "ns", "b")),
            Commit(5, Added(5, "ns", "a")),
            new(0, 1, [Added(2, "ns", "a")], Lease),
            new(2, 1, [], Lease),
            Commit(0, Added(1, "ns", "")),
            Commit(0, Added(1, "ns", "a\0b")),
            Commit(0, new LogWrite(1, (LogChangeType)9, "ns", "a", Bytes("x"), 0)),
            Commit(0, new LogWrite(2, LogChangeType.Added, "ns", "a", Bytes("x"), 1)),
            Commit(0, Modified(2, 0, "ns", "a")),
            Commit(0, Modified(2, 2, "ns", "a")),
            Commit(0, Deleted(2, -1, "ns", "a")),
        ];

        foreach (var commit in invalid)
            await Should.ThrowAsync<ArgumentException>(() => store.CommitAsync(epoch, commit));

        (await store.ChangesAsync()).ShouldBeEmpty();
        (await store.Log.ReadHeadAsync(store.Shard, epoch, Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task Commit_LargeValue_ComesBackUnchanged()
    {
        var value = new byte[1_500_000];
        new Random(1).NextBytes(value);
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        // A part of a larger array: what is around it must not be stored.
        var padded = new byte[value.Length + 20];
        value.CopyTo(padded, 10);
        var part = padded.AsMemory(10, value.Length);
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "big") with { Value = part }, Modified(2, 1, "ns", "big") with { Value = part }));

        (await store.LoadAsync()).Single().Value.ToArray().ShouldBe(value);
        var change = (await store.ChangesAsync(after: 1)).Single();
        change.Value.ToArray().ShouldBe(value);
        change.Previous!.Value.ToArray().ShouldBe(value);
    }

    [Fact]
    public async Task Commit_TenThousandChanges_AreAllStored()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();
        var changes = Enumerable.Range(1, 10_000).Select(i => Added(i, $"ns{i % 7}", $"object-{i:D5}")).ToArray();

        await store.CommitAsync(epoch, Commit(0, changes));
        await store.CommitAsync(epoch, Commit(10_000, [.. changes.Select(change => Deleted(change.Revision + 10_000, change.Revision, change.Namespace, change.Name))]));

        (await store.LoadAsync()).ShouldBeEmpty();
        var history = await store.ChangesAsync();
        history.Select(change => change.Revision).ShouldBe(Enumerable.Range(1, 20_000).Select(i => (long)i));
    }

    [Fact]
    public async Task Commit_EmptyValue_IsNotAbsent()
    {
        await using var store = await CreateStoreAsync();
        var epoch = await store.OpenAsync();

        await store.CommitAsync(epoch, Commit(0, Added(1, "", "a", value: ""), Modified(2, 1, "", "a", value: "")));

        var change = (await store.ChangesAsync(after: 1)).Single();
        change.Previous.HasValue.ShouldBeTrue();
        change.Value.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Shards_OfOneLog_DoNotSeeEachOther()
    {
        await using var store = await CreateStoreAsync();
        var other = store.Shard with { Shard = 1 };
        var epoch = await store.OpenAsync();
        var otherEpoch = (await store.Log.OpenAsync(other, Cancellation)).Epoch;

        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a")));
        await store.Log.CommitAsync(other, otherEpoch, Commit(0, Added(1, "ns", "b")), Cancellation);

        (await store.LoadAsync()).Select(Describe).ShouldBe(["ns/a@1=ns/a@1"]);
        (await store.Log.ReadChangesAsync(other, 0, 10, long.MaxValue, Cancellation)).Select(Describe).ShouldBe(["1 Added ns/b=ns/b@1"]);
    }
}
