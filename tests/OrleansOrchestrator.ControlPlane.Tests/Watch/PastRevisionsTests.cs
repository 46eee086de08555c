using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

/// <summary>Lists of one revision, page by page, whichever silo serves a page and whatever happens in between.</summary>
public sealed class PastRevisionsTests
{
    private readonly ScriptedStore _store = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_ServedByAnySilo_ShowTheRevisionThatTheListBeganWith() =>
        await Gen.Select(Gen.Int[0, 12], Gen.Int[1, 4], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 14], Gen.Bool).Array[0, 40]).SampleAsync(
            async (count, limit, steps) =>
            {
                var store = new ScriptedStore();
                for (var i = 0; i < count; i++)
                    store.Put($"p{i:d2}");
                await using var one = NewCache(store);
                await using var other = NewCache(store, new WatchOptions { HistoryChangesMax = 3 });
                WatchCache[] silos = [one, other];
                var expected = store.Objects;
                var shown = new List<StoredObject>();
                var revision = store.Head;
                string? token = null;
                var step = 0;
                do
                {
                    var page = await silos[step % 2].SelectPageAsync(Query(limit, token), Cancellation);
                    page.Revision.ShouldBe(revision);
                    if (page.Continue is not null)
                        page.RemainingCount.ShouldBe(count - shown.Count - limit);
                    shown.AddRange(page.Objects);
                    token = page.Continue;
                    foreach (var (_, name, isDeleted) in steps.Where(edit => edit.Item1 == step % 3))
                    {
                        if (isDeleted)
                            store.Delete($"p{name:d2}");
                        else
                            store.Put($"p{name:d2}");
                    }

                    step++;
                }
                while (token is not null);

                shown.Select(obj => (obj.Key, obj.Revision)).ShouldBe(expected.Select(obj => (obj.Key, obj.Revision)));
            },
            iter: 100,
            threads: 1);

    [Fact]
    public async Task Page_OfARevisionWhoseChangesAreGone_IsExpiredAndSaysHowToGoOn()
    {
        var (token, _) = await BeginAsync(10);
        for (var i = 0; i < 10; i++)
            _store.Put($"p{i}");
        _store.Compact(15);
        await using var other = NewCache(_store);

        var expired = await Should.ThrowAsync<ApiException>(() => other.SelectPageAsync(Query(3, token), Cancellation).AsTask());

        expired.Code.ShouldBe(410);
        expired.Status.Reason.ShouldBe("Expired");
        expired.Status.Message.ShouldStartWith("The provided continue parameter is too old to display a consistent list result.");
        var rest = await other.SelectPageAsync(Query(100, expired.Status.Metadata.ContinueProperty), Cancellation);
        rest.Objects.Select(obj => obj.Key.Name).ShouldBe(["p3", "p4", "p5", "p6", "p7", "p8", "p9"]);
        rest.Revision.ShouldBe(20);
    }

    [Fact]
    public async Task Page_OnASiloThatIsBehind_WaitsForTheRevision()
    {
        await using var late = NewCache(_store);
        _store.Put("p0");
        await late.EnsureFreshAsync(Freshness.Latest, Cancellation);
        _store.Hold(true);
        for (var i = 1; i < 5; i++)
            _store.Put($"p{i}");
        await using var one = NewCache(_store);
        var first = await one.SelectPageAsync(Query(2), Cancellation);
        var second = late.SelectPageAsync(Query(2, first.Continue), Cancellation).AsTask();
        second.IsCompleted.ShouldBeFalse();
        _store.Hold(false);
        (await second).Objects.Select(obj => obj.Key.Name).ShouldBe(["p2", "p3"]);
    }

    [Fact]
    public async Task List_OfAnExactRevision_ShowsThatOneAsLongAsItsChangesAreThere()
    {
        for (var i = 0; i < 5; i++)
            _store.Put("p0", node: $"n{i}");
        await using var cache = NewCache(_store);
        var then = await cache.SelectPageAsync(Query(0) with { Freshness = new Freshness(3, Exact: true) }, Cancellation);
        (then.Revision, then.Objects.ShouldHaveSingleItem().Revision).ShouldBe((3L, 3L));
        _store.Compact(4);
        var expired = await Should.ThrowAsync<ApiException>(
            () => cache.SelectPageAsync(Query(0) with { Freshness = new Freshness(2, Exact: true) }, Cancellation).AsTask());
        expired.Status.Message.ShouldBe("The resourceVersion for the provided list is too old.");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(0)]
    public async Task Page_ThatHoldsAll_IsTheLast(int limit)
    {
        for (var i = 0; i < 3; i++)
            _store.Put($"p{i}");
        await using var cache = NewCache(_store);
        var page = await cache.SelectPageAsync(Query(limit), Cancellation);
        (page.Objects.Count, page.Continue).ShouldBe((3, null));
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("")]
    [InlineData("bm90IGpzb24=")]
    [InlineData("bnVsbA==")]
    [InlineData("W10=")]
    [InlineData("e30=")]
    public async Task Page_OfAGarbledToken_IsABadRequest(string token)
    {
        await using var cache = NewCache(_store);
        (await Should.ThrowAsync<ApiException>(() => cache.SelectPageAsync(Query(1, token), Cancellation).AsTask())).Code.ShouldBe(400);
    }

    [Fact]
    public async Task Page_OfATokenOfKubernetesShape_IsABadRequest()
    {
        await using var cache = NewCache(_store);
        var foreign = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"v":"meta.k8s.io/v1","rv":3,"start":"default/p0"}"""));
        (await Should.ThrowAsync<ApiException>(() => cache.SelectPageAsync(Query(1, foreign), Cancellation).AsTask())).Code.ShouldBe(400);
    }

    [Fact]
    public void Revision_NobodyCameForInItsLifetime_IsLetGo()
    {
        var time = new FakeTimeProvider();
        var options = new WatchOptions { ContinueLifetime = TimeSpan.FromMinutes(5) };
        var past = new PastRevisions(options, time);
        past.Keep(10, ObjectTree.Empty, 0, 0);
        for (var i = 0; i < 3; i++)
        {
            time.Advance(options.ContinueLifetime - TimeSpan.FromSeconds(1));
            past.Find(10).ShouldNotBeNull();
        }

        time.Advance(options.ContinueLifetime);
        past.Find(10).ShouldBeNull();
    }

    [Fact]
    public void Kept_BeyondTheNumberOrTheBytes_TheOneThatWasUsedLongestAgoGoes()
    {
        var time = new FakeTimeProvider();
        var past = new PastRevisions(new WatchOptions { ContinueSnapshotsMax = 2, ContinueBytesMax = 1000 }, time);
        Keep(1, replaced: 0);
        Keep(2, replaced: 100);
        past.Find(1).ShouldNotBeNull();
        time.Advance(TimeSpan.FromSeconds(1));
        Keep(3, replaced: 200);
        (past.Find(1) is not null, past.Find(2) is not null).ShouldBe((true, false));
        time.Advance(TimeSpan.FromSeconds(1));
        past.Find(3).ShouldNotBeNull();
        time.Advance(TimeSpan.FromSeconds(1));

        // The first one, which nobody used since, holds on to all that was replaced since then.
        Keep(4, replaced: 1100);
        (past.Find(1) is not null, past.Find(4) is not null).ShouldBe((false, true));

        void Keep(long revision, long replaced)
        {
            past.Keep(revision, ObjectTree.Empty, replaced, 0);
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<(string Token, long Revision)> BeginAsync(int count)
    {
        for (var i = 0; i < count; i++)
            _store.Put($"p{i}");
        await using var cache = NewCache(_store);
        var page = await cache.SelectPageAsync(Query(3), Cancellation);
        return (page.Continue.ShouldNotBeNull(), page.Revision);
    }

    private static WatchCache NewCache(ScriptedStore store, WatchOptions? options = null) =>
        new(Samples.Pods, store, options ?? new WatchOptions(), TimeProvider.System, NullLogger.Instance);

    private static ListQuery Query(int limit, string? token = null) =>
        new(ObjectFilter.InNamespace("default"), Freshness.Latest, limit, token);
}
