using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

/// <summary>A cache over a scripted store: what readers and watchers are promised (invariants I1 and I5).</summary>
public sealed class WatchCacheTests
{
    private static readonly WatchOptions Tight = new() { HistoryChangesMax = 12, WatcherEventsMax = 4, FreshnessWait = TimeSpan.FromSeconds(20) };

    private static readonly ObjectFilter[] Filters =
    [
        ObjectFilter.All,
        ObjectFilter.InNamespace("default"),
        ObjectFilter.InNamespace("other"),
        ObjectFilter.InNamespace("default") with { Labels = LabelSelector.Parse("app=web") },
        ObjectFilter.All with { Labels = LabelSelector.Parse("app!=web") },
        ObjectFilter.All with { Fields = FieldSelector.Equal("spec.nodeName", "n1") },
        ObjectFilter.All with { Fields = FieldSelector.Equal("spec.nodeName", ""), Labels = LabelSelector.Parse("app") },
        ObjectFilter.InNamespace("default") with { Fields = FieldSelector.Equal("metadata.name", "p1") },
        ObjectFilter.All with { Fields = FieldSelector.Parse("spec.nodeName!=n1") },
    ];

    private static readonly Gen<(int Name, int Node, int App, bool Delete)[]> Edits = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))).Array[0, 60];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AWatch_FromAnyRevision_ShowsEveryLaterChangeOnceAndInOrder() =>
        await Gen.Select(Edits, Edits, Gen.Select(Gen.Int[0, Filters.Length - 1], Gen.Double[0, 1]).Array[1, 6]).SampleAsync(
            async (before, meanwhile, watches) =>
            {
                var store = new ScriptedStore();
                await using var cache = NewCache(store, Tight);
                Write(store, before);
                await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
                var readers = new List<WatchReader>();
                foreach (var (filter, where) in watches)
                {
                    var after = (long)(where * store.Head);
                    var watcher = await cache.WatchAsync(new WatchQuery(Filters[filter], after, Freshness.Any), Cancellation);
                    readers.Add(new WatchReader(store, watcher, Filters[filter], after));
                }

                // Half of them read while it is written, the others come back when they are far behind.
                var reading = readers.Where((_, i) => i % 2 == 0).Select(reader => reader.ReadOnceAsync(Cancellation)).ToList();
                Write(store, meanwhile);
                await Task.WhenAll(reading);
                foreach (var reader in readers)
                    await reader.ReadUntilAsync(store.Head, Cancellation);
            },
            iter: 60,
            threads: 1);

    [Fact]
    public async Task ManyReaders_WhileItIsWritten_EachSeeEverythingOnceAndInOrder()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        store.Put("p0");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        var readers = new List<WatchReader>();
        foreach (var filter in Filters)
            readers.Add(new WatchReader(store, await cache.WatchAsync(new WatchQuery(filter, 1, Freshness.Any), Cancellation), filter, 1));

        var writing = Task.Run(() => Edits.Array[30].Single().ToList().ForEach(edits => Write(store, edits)), Cancellation);
        var reading = readers.Select(reader => Task.Run(
            async () =>
            {
                while (!writing.IsCompleted)
                    await reader.ReadOnceAsync(Cancellation);
                await reader.ReadUntilAsync(store.Head, Cancellation);
            },
            Cancellation));
        await Task.WhenAll([writing, .. reading]);
    }

    [Fact]
    public async Task ASlowWatcher_CatchesUpFromTheHistory_WithoutAskingTheStore()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight with { HistoryChangesMax = 1000 });
        var reader = await WatchAsync(cache, store, ObjectFilter.All, 0);
        for (var i = 0; i < 100; i++)
            store.Put($"p{i}");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        await reader.ReadUntilAsync(100, Cancellation);
        store.ReadsOfThePast.ShouldBe(0);
    }

    [Fact]
    public async Task ASlowWatcher_BeyondTheHistory_CatchesUpFromTheStore()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        var reader = await WatchAsync(cache, store, ObjectFilter.All, 0);
        for (var i = 0; i < 100; i++)
            store.Put($"p{i}");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        await reader.ReadUntilAsync(100, Cancellation);
        store.ReadsOfThePast.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task WatchCache_WatchFromFarBack_HoldsABoundedNumberOfEvents()
    {
        var store = new ScriptedStore();
        for (var i = 0; i < 500; i++)
            store.Put($"p{i}");
        await using var cache = NewCache(store, Tight);
        var reader = await WatchAsync(cache, store, ObjectFilter.All, 0);
        await reader.ReadUntilAsync(500, Cancellation);
        reader.LargestBatch.ShouldBeLessThanOrEqualTo(Tight.WatcherEventsMax + store.ChangesMax);
    }

    [Fact]
    public async Task WatchCache_WatchFromACompactedRevision_IsRefusedAsExpired()
    {
        var store = new ScriptedStore();
        for (var i = 0; i < 30; i++)
            store.Put($"p{i}");
        store.Compact(10);
        await using var cache = NewCache(store, Tight);
        (await Should.ThrowAsync<ApiException>(WatchAsync(cache, store, ObjectFilter.All, 9))).Code.ShouldBe(410);
        await (await WatchAsync(cache, store, ObjectFilter.All, 10)).ReadUntilAsync(30, Cancellation);
    }

    [Fact]
    public async Task AWatcherWhoseMissedChangesAreCompacted_EndsAsExpired_AfterWhatItHas()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        var watcher = await cache.WatchAsync(new WatchQuery(ObjectFilter.All, 0, Freshness.Any), Cancellation);
        for (var i = 0; i < 50; i++)
            store.Put($"p{i}");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        store.Compact(30);
        (await ReadAsync(watcher)).Select(@event => @event.Revision).ShouldBe([1L, 2, 3, 4]);
        (await Should.ThrowAsync<ApiException>(ReadAsync(watcher))).Code.ShouldBe(410);
    }

    [Fact]
    public async Task ACacheWhoseNextChangesAreCompacted_FillsAnew_AndEndsItsWatches()
    {
        var store = new ScriptedStore();
        store.Put("p0");
        await using var cache = NewCache(store, Tight);
        var watcher = await cache.WatchAsync(new WatchQuery(ObjectFilter.All, 1, Freshness.Any), Cancellation);
        store.Hold(true);
        store.Put("p1");
        store.Delete("p0");
        store.Compact(3);
        store.Hold(false);

        await cache.EnsureFreshAsync(Freshness.AtLeast(3), Cancellation);
        cache.Select(ObjectFilter.All).Objects.Select(obj => obj.Key.Name).ShouldBe(["p1"]);
        (await Should.ThrowAsync<ApiException>(ReadAsync(watcher))).Code.ShouldBe(410);
    }

    [Fact]
    public async Task AnObjectThatStopsMatching_IsShownAsDeleted_AsItLastMatchedAtTheRevisionOfItsLoss()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        var filter = ObjectFilter.All with { Labels = LabelSelector.Parse("app=web") };
        var watcher = await cache.WatchAsync(new WatchQuery(filter, 0, Freshness.Any), Cancellation);
        store.Put("p", app: "web");
        (await ReadAsync(watcher)).ShouldHaveSingleItem().Type.ShouldBe(WatchEventType.Added);
        store.Put("p", app: "db");
        var lost = (await ReadAsync(watcher)).ShouldHaveSingleItem();
        (lost.Type, lost.Revision, lost.Object!.Revision, lost.Object.Labels.Get("app")).ShouldBe((WatchEventType.Deleted, 2L, 2L, "web"));
        store.Put("p", app: "web");
        (await ReadAsync(watcher)).ShouldHaveSingleItem().Type.ShouldBe(WatchEventType.Added);
    }

    [Fact]
    public async Task AWatchWithoutARevision_BeginsWithThePresentObjects_AndABookmark()
    {
        var store = new ScriptedStore();
        store.Put("a", app: "web");
        store.Put("b", app: "db");
        store.Put("c", app: "web");
        await using var cache = NewCache(store, Tight);
        var filter = ObjectFilter.InNamespace("default") with { Labels = LabelSelector.Parse("app=web") };
        var watcher = await cache.WatchAsync(new WatchQuery(filter, null, Freshness.Latest), Cancellation);
        store.Put("d", app: "web");

        var events = new List<WatchEvent>();
        while (events.Count < 4)
            events.AddRange(await ReadAsync(watcher));
        events.Select(@event => (@event.Type, @event.Revision, @event.EndsInitialEvents)).ShouldBe(
        [
            (WatchEventType.Added, 1L, false), (WatchEventType.Added, 3L, false), (WatchEventType.Bookmark, 3L, true), (WatchEventType.Added, 4L, false),
        ]);
    }

    [Fact]
    public async Task ACacheFilledInPages_WhileItIsWritten_EndsUpWithTheStoresState()
    {
        var store = new ScriptedStore { PageMax = 3 };
        for (var i = 0; i < 20; i++)
            store.Put($"p{i:d2}", "n1", "web");
        var page = 0;
        store.BeforePage = () =>
        {
            page++;
            store.Put($"p{page:d2}", $"n{page}");
            store.Delete($"p{(page * 7) % 20:d2}");
            store.Put($"q{page}");
        };
        await using var cache = NewCache(store, Tight);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        cache.Select(ObjectFilter.All).Objects.Select(obj => (obj.Key, obj.Revision)).ShouldBe(store.Objects.Select(obj => (obj.Key, obj.Revision)));
        foreach (var node in new[] { "n1", "n2", "" })
        {
            var filter = ObjectFilter.All with { Fields = FieldSelector.Equal("spec.nodeName", node) };
            cache.Select(filter).Objects.Select(obj => obj.Key).ShouldBe(store.Objects.Where(filter.Matches).Select(obj => obj.Key));
        }
    }

    [Fact]
    public async Task WatchCache_StoreThatFailsForAWhile_IsFollowedFromWhereItWas()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        var reader = await WatchAsync(cache, store, ObjectFilter.All, 0);
        store.Hold(true);
        store.Fail(3);
        store.Put("p1");
        store.Put("p2");
        store.Hold(false);
        await reader.ReadUntilAsync(2, Cancellation);
    }

    [Fact]
    public async Task WatchCache_WatcherThatCannotAskTheStore_EndsAsUnavailable()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        var watcher = await cache.WatchAsync(new WatchQuery(ObjectFilter.All, 0, Freshness.Any), Cancellation);
        for (var i = 0; i < 50; i++)
            store.Put($"p{i}");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        await ReadAsync(watcher);
        store.Fail(1000);
        (await Should.ThrowAsync<ApiException>(ReadAsync(watcher))).Code.ShouldBe(503);
    }

    [Fact]
    public async Task ALatestRead_WaitsForTheHead_AndAnyOtherDoesNot()
    {
        var store = new ScriptedStore();
        store.Put("p1");
        await using var cache = NewCache(store, Tight);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        store.Hold(true);
        store.Put("p2");
        await cache.EnsureFreshAsync(Freshness.Any, Cancellation);
        cache.Find(new ObjectKey("default", "p2")).ShouldBeNull();
        var latest = cache.EnsureFreshAsync(Freshness.Latest, Cancellation).AsTask();
        latest.IsCompleted.ShouldBeFalse();
        store.Hold(false);
        await latest;
        cache.Find(new ObjectKey("default", "p2")).ShouldNotBeNull();
    }

    [Fact]
    public async Task WatchCache_RevisionOfTheFuture_IsWaitedForAndThenRefused()
    {
        var store = new ScriptedStore();
        store.Put("p1");
        await using var cache = NewCache(store, Tight with { FreshnessWait = TimeSpan.FromMilliseconds(50) });
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        (await Should.ThrowAsync<ApiException>(cache.EnsureFreshAsync(Freshness.AtLeast(2), Cancellation).AsTask())).Code.ShouldBe(504);
    }

    [Fact]
    public async Task Select_WhileTheCacheIsFilledAnew_ShowsWhatItHadAndItsRevision()
    {
        var store = new ScriptedStore();
        store.Put("p1");
        await using var cache = NewCache(store, Tight);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        var before = cache.Select(ObjectFilter.All);
        (List<Model.Resources.StoredObject> Objects, long Revision)? meanwhile = null;
        store.BeforePage = () => meanwhile ??= cache.Select(ObjectFilter.All);
        store.Hold(true);
        store.Put("p2");
        store.Put("p3");
        store.Compact(store.Head);
        store.Hold(false);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);

        meanwhile.ShouldNotBeNull().Revision.ShouldBe(before.Revision);
        meanwhile.Value.Objects.Select(obj => obj.Key).ShouldBe(before.Objects.Select(obj => obj.Key));
        cache.Select(ObjectFilter.All).Objects.Count.ShouldBe(3);
    }

    [Fact]
    public async Task WatchCache_SingleNodesWatcher_IsOfferedItsOwnPodsOnly()
    {
        var store = new ScriptedStore();
        await using var cache = NewCache(store, Tight);
        var watchers = new List<Watcher>();
        for (var i = 0; i < 100; i++)
        {
            var onNode = ObjectFilter.All with { Fields = FieldSelector.Equal("spec.nodeName", $"n{i}") };
            watchers.Add(await cache.WatchAsync(new WatchQuery(onNode, 0, Freshness.Any), Cancellation));
        }

        store.Put("p", "n3");
        store.Put("p", "n7");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        watchers.Where(watcher => watcher.Seen > 0).ShouldBe([watchers[3], watchers[7]]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AWatch_WhoseSelectionTakesLong_HoldsUpNobody(bool resumes)
    {
        var store = new ScriptedStore { ChangesMax = 1000 };
        await using var cache = NewCache(store, new WatchOptions());
        for (var i = 0; i < 1000; i++)
            store.Put($"p{i}");
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        var slow = ObjectFilter.All with { Labels = LabelSelector.Parse(string.Join(',', Enumerable.Range(0, 30_000).Select(i => $"key-{i}!=value"))) };
        var watching = Task.Run(() => cache.WatchAsync(new WatchQuery(slow, resumes ? 1 : null, Freshness.Any), Cancellation), Cancellation);
        for (var i = 0; i < 5; i++)
        {
            store.Put("p0", node: $"n{i}");
            await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        }

        watching.IsCompleted.ShouldBeFalse();
        cache.Unwatch(await watching);
    }

    private static WatchCache NewCache(ScriptedStore store, WatchOptions options) =>
        new(Samples.Pods, store, options, TimeProvider.System, NullLogger.Instance);

    private static async Task<WatchReader> WatchAsync(WatchCache cache, ScriptedStore store, ObjectFilter filter, long after) =>
        new(store, await cache.WatchAsync(new WatchQuery(filter, after, Freshness.Any), Cancellation), filter, after);

    private static Task<IReadOnlyList<WatchEvent>> ReadAsync(Watcher watcher) => watcher.ReadAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancellation);

    private static void Write(ScriptedStore store, (int Name, int Node, int App, bool Delete)[] edits)
    {
        foreach (var (name, node, app, delete) in edits)
        {
            if (delete)
                store.Delete($"p{name}");
            else
                store.Put($"p{name}", node == 0 ? "" : $"n{node}", app switch { 0 => null, 1 => "web", _ => "db" });
        }
    }
}
