using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

/// <summary>A cache whose work on a change fails in the middle: it moves on, and shows no trace of the half.</summary>
public sealed class WatchCacheFaultTests
{
    private static readonly WatchOptions Options = new() { FreshnessWait = TimeSpan.FromSeconds(20), RetryPauseMax = TimeSpan.FromMilliseconds(100) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Cache_ThatFailsToApplyAChange_IsFilledAgainAndGoesOn(int faults)
    {
        var store = new ScriptedStore();
        store.Put("p0", app: "web");
        store.Put("p1", app: "web");
        var points = new OfferFaults();
        await using var cache = new WatchCache(Samples.Pods, store, Options, TimeProvider.System, NullLogger.Instance, points);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);

        points.Faults = faults;
        for (var i = 0; i < faults; i++)
        {
            store.Put("p0", app: $"other-{i}");
            store.Delete("p1");
            await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
            store.Put("p1", app: "web");
        }

        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        cache.Revision.ShouldBe(store.Head);
        cache.Select(ObjectFilter.All).Objects.ShouldBe(store.Objects, ignoreOrder: true);
        Labelled(cache, "web").ShouldBe(["p1"], "the index has no trace of a change that was applied twice or in part");
        Labelled(cache, $"other-{faults - 1}").ShouldBe(["p0"]);
        points.Faults.ShouldBe(0, "every fault has struck");
    }

    [Fact]
    public async Task Watch_OfACacheThatFailsToApplyAChange_EndsWith410()
    {
        var store = new ScriptedStore();
        store.Put("p0");
        var points = new OfferFaults();
        await using var cache = new WatchCache(Samples.Pods, store, Options, TimeProvider.System, NullLogger.Instance, points);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        var watcher = await cache.WatchAsync(new WatchQuery(ObjectFilter.All, store.Head, Freshness.Any), Cancellation);

        points.Faults = 1;
        store.Put("p0", node: "n1");

        var ended = await Should.ThrowAsync<ApiException>(() => watcher.ReadAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancellation));
        ended.Code.ShouldBe(410);
        await cache.EnsureFreshAsync(Freshness.Latest, Cancellation);
        cache.Find(new ObjectKey("default", "p0")).ShouldNotBeNull().Revision.ShouldBe(store.Head);
    }

    private static IEnumerable<string> Labelled(WatchCache cache, string app) => cache
        .Select(ObjectFilter.InNamespace("default") with { Labels = LabelSelector.Parse($"app={app}") }).Objects
        .Select(obj => obj.Key.Name);

    /// <summary>Fails when a change is about to be handed to watchers, which is after the objects have changed.</summary>
    private sealed class OfferFaults : IFaultPoints
    {
        private int _faults;

        public int Faults
        {
            get => Volatile.Read(ref _faults);
            set => Volatile.Write(ref _faults, value);
        }

        public Task BeforeAsync(StoreStep step, ResourceName resource) => Task.CompletedTask;

        public Task AfterAsync(StoreStep step, ResourceName resource) => Task.CompletedTask;

        public bool Skips(StoreStep step, ResourceName resource)
        {
            if (step != StoreStep.Offer || Faults == 0)
                return false;
            Interlocked.Decrement(ref _faults);
            throw new InvalidOperationException("a change that cannot be offered");
        }
    }
}
