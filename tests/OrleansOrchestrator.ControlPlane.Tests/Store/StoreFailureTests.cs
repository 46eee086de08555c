using System.Diagnostics;
using k8s.Models;
using Orleans.Core.Internal;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>A real store grain over a log that fails as told (invariants I1, I3 and I4). ConfigMaps are the subject.</summary>
public sealed class StoreFailureTests : IAsyncLifetime
{
    private const string Maps = "configmaps";

    private static readonly ControlPlaneOptions Options = new()
    {
        Store = new StoreOptions
        {
            ReadLease = TimeSpan.FromMilliseconds(300),
            FollowLease = TimeSpan.FromMilliseconds(500),
            // Less than a write may wait for the newest quotas.
            UnavailableGrace = TimeSpan.FromMilliseconds(200),
            PendingChangesMax = 20,
            PendingBytesMax = 500_000,
        },
    };

    private readonly ScriptedLog _log = new();
    private TestSilo _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ApiUser Api => _silo.Api;

    private IResourceStoreGrain Grain => _silo.StoreGrain(Maps);

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(_log, Options);
        await CreateAsync("first");
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task StoredObject_ReadWithinASilo_IsShared()
    {
        await CreateAsync("a");

        var first = await Grain.ReadForWriteAsync("default", "a");
        (await Grain.ReadForWriteAsync("default", "a")).ShouldBeSameAs(first.ShouldNotBeNull());
    }

    [Fact]
    public async Task AWriteOnItsWay_IsSeenByNoReaderAndNoWatcher_UntilItIsDurable()
    {
        var watcher = await _silo.Caches[Samples.Maps].WatchAsync(new WatchQuery(ObjectFilter.All, _log.HeadOf(Maps), Freshness.Any), Cancellation);
        var stop = _log.StopNext(Maps);
        var creating = CreateAsync("a");
        await stop.Arrived;

        (await Grain.ReadForWriteAsync("default", "a")).ShouldNotBeNull("it has been accepted");
        (await Grain.GetHeadAsync()).ShouldBe(_log.HeadOf(Maps));
        (await Grain.ReadSnapshotAsync("", "")).Objects.ShouldNotContain(obj => obj.Key.Name == "a");
        (await Grain.ReadChangesAsync(0)).Changes.ShouldNotContain(change => change.Object.Key.Name == "a");
        (await Api.FindAsync<V1ConfigMap>("default", "a")).ShouldBeNull();
        var reading = watcher.ReadAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancellation);
        creating.IsCompleted.ShouldBeFalse();
        reading.IsCompleted.ShouldBeFalse();

        stop.GoOn();
        var created = await creating;
        (await reading).ShouldHaveSingleItem().Object!.Uid.ShouldBe(created.Metadata.Uid);
        (await Api.GetAsync<V1ConfigMap>("default", "a")).Metadata.ResourceVersion.ShouldBe(created.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task WritesWhileACommitIsOnItsWay_BecomeDurable_InTwoHalves()
    {
        var stop = _log.StopNext(Maps);
        var first = CreateAsync("a");
        await stop.Arrived;
        var calls = Enumerable.Range(0, 11).Select(i => Grain.CommitAsync([Samples.Create($"b{i}")])).ToList();
        await AreAcceptedAsync(Enumerable.Range(0, 11).Select(i => $"b{i}"));
        var headBefore = _log.HeadOf(Maps);
        _log.StopNext(Maps).GoOn();
        var third = _log.StopNext(Maps);
        stop.GoOn();
        await first;
        await third.Arrived.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        _log.HeadOf(Maps).ShouldBe(headBefore + 1 + 6, "half of the eleven and the one before");
        await Eventually.IsAsync(() => calls.Count(static call => call.IsCompleted), 6, "the callers of the first half have their answers");

        third.GoOn();
        await Task.WhenAll(calls);
        _log.HeadOf(Maps).ShouldBe(headBefore + 1 + 11);
    }

    [Fact]
    public async Task WritesOfOneCall_WhileACommitIsOnItsWay_StayTogether()
    {
        var stop = _log.StopNext(Maps);
        var first = CreateAsync("a");
        await stop.Arrived;
        var call = Grain.CommitAsync([.. Enumerable.Range(0, 11).Select(i => Samples.Create($"b{i}"))]);
        await Eventually.HoldsAsync(async () => await Grain.ReadForWriteAsync("default", "b10") is not null);
        var commitsBefore = _log.CommitsOf(Maps);
        stop.GoOn();
        await first;
        (await call).ShouldAllBe(static result => result.Status == CommitStatus.Committed);
        (_log.CommitsOf(Maps) - commitsBefore).ShouldBe(1);
    }

    [Theory]
    [InlineData(CommitFault.LostBefore)]
    [InlineData(CommitFault.LostAfter)]
    [InlineData(CommitFault.CancelledBefore)]
    [InlineData(CommitFault.CancelledAfter)]
    [InlineData(CommitFault.LostAfterAndFenced)]
    [InlineData(CommitFault.Unknown)]
    [InlineData(CommitFault.Unavailable)]
    public async Task StoreFailure_FaultThatPasses_IsNotSeenByTheClient(CommitFault fault)
    {
        _log.Fail(Maps, fault);
        var created = await CreateAsync("a");
        (await Api.GetAsync<V1ConfigMap>("default", "a")).Metadata.Uid.ShouldBe(created.Metadata.Uid);

        _log.Fail(Maps, fault);
        created.Data["value"] = "changed";
        var updated = await Api.UpdateAsync(created);
        (await Api.GetAsync<V1ConfigMap>("default", "a")).Metadata.ResourceVersion.ShouldBe(updated.Metadata.ResourceVersion);

        _log.Fail(Maps, fault);
        if (fault == CommitFault.LostAfterAndFenced)
            (await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1ConfigMap>("default", "a"))).Code.ShouldBe(504, "it may have been anybody's deletion");
        else
            (await Api.DeleteAsync<V1ConfigMap>("default", "a")).IsGone.ShouldBeTrue();
        (await Api.FindAsync<V1ConfigMap>("default", "a")).ShouldBeNull();
    }

    [Theory]
    [InlineData(CommitFault.LostBefore, CommitFault.LostBefore, CommitFault.LostAfter)]
    [InlineData(CommitFault.LostBefore, CommitFault.Unavailable, CommitFault.CancelledAfter)]
    public async Task StoreFailure_SeveralFaultsInARow_LeaveOneEffect(params CommitFault[] faults)
    {
        var watcher = await _silo.Caches[Samples.Maps].WatchAsync(new WatchQuery(ObjectFilter.All, _log.HeadOf(Maps), Freshness.Any), Cancellation);
        _log.Fail(Maps, faults);
        var created = await CreateAsync("a");
        await CreateAsync("b");
        var events = new List<WatchEvent>();
        while (events.Count < 2)
            events.AddRange(await watcher.ReadAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancellation));
        events.Select(@event => (@event.Type, @event.Object!.Key.Name)).ShouldBe([(WatchEventType.Added, "a"), (WatchEventType.Added, "b")]);
        events[0].Object!.Uid.ShouldBe(created.Metadata.Uid);
    }

    [Fact]
    public async Task AStoreThatMoves_WhileFollowersWaitForChanges_TakesWritesAgainAtOnce()
    {
        // Orleans ends an activation only when nothing is called in it any more, and takes no call until then.
        var following = Grain.FollowAsync(_log.HeadOf(Maps), Guid.NewGuid(), waits: true);
        await Grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle(Cancellation);
        var began = Stopwatch.GetTimestamp();
        await CreateAsync("a");
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        (await following).Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task AFencedActivation_FailsItsCallersRetriably_AndTheNextOneGoesOn()
    {
        _log.TakeOver(Maps);
        var result = (await Grain.CommitAsync([Samples.Create("a")])).ShouldHaveSingleItem();
        result.Status.ShouldBe(CommitStatus.Unavailable);
        await CreateAsync("a");
        await CreateAsync("b");
        (await Api.ListAsync<V1ConfigMap>("default")).Select(map => map.Metadata.Name).ShouldBe(["a", "b", "first"]);
    }

    [Fact]
    public async Task Revision_ThatAFencedActivationHasShown_IsNotGivenByTheNext()
    {
        var stop = _log.StopNext(Maps);
        var committing = Grain.CommitAsync([Samples.Create("a", "never durable")]);
        await stop.Arrived;
        var shown = (await Grain.ReadForWriteAsync("default", "a")).ShouldNotBeNull();
        _log.TakeOver(Maps);
        stop.GoOn();
        (await committing).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.Unavailable);

        var created = await CreateAsync("a");
        long.Parse(created.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(shown.Revision);
        (await _silo.Store.CommitAsync(Samples.Maps, Samples.Replace("a", shown.Revision, "based on nothing"), Cancellation)).Status.ShouldBe(CommitStatus.Conflict);
    }

    [Fact]
    public async Task AStaleActivation_ServesNoConsistentRead_OnceItsLeaseHasRunOut()
    {
        await Grain.GetHeadAsync();
        _log.TakeOver(Maps);
        await Eventually.HoldsAsync(() => ThrowsAsync<StoreUnavailableException>(Grain.GetHeadAsync));
        (await Api.GetAsync<V1ConfigMap>("default", "first")).ShouldNotBeNull();
    }

    [Fact]
    public async Task AStaleActivation_ThatNobodyWritesTo_EndsItsFollowersAnswers()
    {
        // A watch shows what others write, however long nobody writes through the activation that it follows.
        var watcher = await _silo.Caches[Samples.Maps].WatchAsync(new WatchQuery(ObjectFilter.All, _log.HeadOf(Maps), Freshness.Any), Cancellation);
        await Eventually.HoldsAsync(() => FollowsAsync(Grain));
        await _log.CommitElsewhereAsync(Maps, Samples.Create("elsewhere"));
        var events = await watcher.ReadAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Cancellation);
        events.ShouldHaveSingleItem().Object!.Key.Name.ShouldBe("elsewhere");
    }

    [Fact]
    public async Task Writes_ThatWait_AreBoundedByTheirBytesAndNeverNone()
    {
        var stop = _log.StopNext(Maps);
        var first = Grain.CommitAsync([Samples.Create("on-its-way")]);
        await stop.Arrived;
        var large = new string('x', 600_000);
        var waiting = Grain.CommitAsync([Samples.Create("large", large), Samples.Create("too-much")]);
        stop.GoOn();
        await first;
        (await waiting).Select(result => result.Status).ShouldBe([CommitStatus.Committed, CommitStatus.Overloaded]);
        await CreateAsync("afterwards");
    }

    [Fact]
    public async Task AStaleActivation_OnceItsLeaseHasRunOut_IsNoBasisForAWriteThatChangesNothing()
    {
        // Answering "it is so already" is a consistent read as well.
        await Grain.GetHeadAsync();
        _log.TakeOver(Maps);
        await Eventually.HoldsAsync(() => ThrowsAsync<StoreUnavailableException>(() => Grain.ReadForWriteAsync("default", "first")));
    }

    [Fact]
    public async Task ADatabaseThatStaysAway_FailsWritesAfterTheGrace_LeavesNothingBehindAndIsTakenUpAgain()
    {
        _log.BeAway(true);
        var result = (await Grain.CommitAsync([Samples.Create("a")])).ShouldHaveSingleItem();
        result.Status.ShouldBe(CommitStatus.DatabaseAway);
        result.Detail.ShouldBe("the scripted database is away");

        // From then on a write is tried once, if it comes soon.
        await Eventually.HoldsAsync(
            async () =>
            {
                var tries = _log.CommitsOf(Maps);
                (await _silo.Store.CommitAsync(Samples.Maps, Samples.Create("a"), Cancellation)).Status.ShouldBe(CommitStatus.DatabaseAway);
                return _log.CommitsOf(Maps) - tries == 1;
            });
        await Eventually.HoldsAsync(() => ThrowsAsync<StoreUnavailableException>(Grain.GetHeadAsync));

        _log.BeAway(false);
        (await Api.FindAsync<V1ConfigMap>("default", "a")).ShouldBeNull();
        await CreateAsync("a");
        (await Api.ListAsync<V1ConfigMap>("default")).Select(map => map.Metadata.Name).ShouldBe(["a", "first"]);
    }

    [Fact]
    public async Task StoreFailure_ClientWhoseDatabaseStaysAway_IsTold503()
    {
        _log.BeAway(true);
        await Eventually.HoldsAsync(() => ThrowsAsync<StoreUnavailableException>(Grain.GetHeadAsync));
        var reading = Api.GetAsync<V1ConfigMap>("default", "first");
        (await Should.ThrowAsync<ApiException>(CreateAsync("a"))).Code.ShouldBe(503);
        (await Should.ThrowAsync<ApiException>(reading)).Code.ShouldBe(503);
        _log.BeAway(false);
        await CreateAsync("a");
    }

    [Fact]
    public async Task StoreFailure_WritesAcceptedOnTopOfOneThatFailed_FailWithIt()
    {
        var stop = _log.StopNext(Maps);
        var committing = Grain.CommitAsync([Samples.Create("a", "1")]);
        await stop.Arrived;
        var based = (await Grain.ReadForWriteAsync("default", "a")).ShouldNotBeNull();
        var onTop = Grain.CommitAsync([Samples.Replace("a", based.Revision, "2"), Samples.Create("b")]);
        await Eventually.HoldsAsync(async () => await Grain.ReadForWriteAsync("default", "b") is not null);
        _log.BeAway(true);
        stop.GoOn();
        (await committing).Concat(await onTop).ShouldAllBe(result => result.Status == CommitStatus.DatabaseAway);

        _log.BeAway(false);
        (await Grain.ReadForWriteAsync("default", "a")).ShouldBeNull();
        (await Grain.CommitAsync([Samples.Create("a"), Samples.Create("b")])).ShouldAllBe(result => result.Status == CommitStatus.Committed);
    }

    [Fact]
    public async Task MoreWritesThanMayWait_AreRefusedAsOverload_AndTheOthersSucceed()
    {
        var stop = _log.StopNext(Maps);
        var first = CreateAsync("a");
        await stop.Arrived;
        var rest = Grain.CommitAsync([.. Enumerable.Range(0, 30).Select(i => Samples.Create($"b{i}"))]);
        (await Should.ThrowAsync<ApiException>(CreateAsync("late"))).Code.ShouldBe(429);
        stop.GoOn();
        await first;
        var counts = (await rest).CountBy(result => result.Status).ToDictionary();
        counts[CommitStatus.Committed].ShouldBe(20);
        counts[CommitStatus.Overloaded].ShouldBe(10);
        (await Api.ListAsync<V1ConfigMap>("default")).Count.ShouldBe(22);
    }

    [Fact]
    public async Task AStoreThatCannotBeOpened_IsTold503_AndOpensOnceItCan()
    {
        _log.BeAway(true);
        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = "s", NamespaceProperty = "default" } }))).Code.ShouldBe(503);
        _log.BeAway(false);
        await Api.CreateAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = "s", NamespaceProperty = "default" } });
    }

    /// <summary>Waits until creations are accepted. Calls need not reach the store in the order in which they are made.</summary>
    private async Task AreAcceptedAsync(IEnumerable<string> names)
    {
        foreach (var name in names)
            await Eventually.HoldsAsync(async () => await Grain.ReadForWriteAsync("default", name) is not null, $"{name} is accepted");
    }

    private static async Task<bool> FollowsAsync(IResourceStoreGrain grain) =>
        (await grain.FollowAsync(0, Guid.NewGuid(), waits: false)).Head > 0;

    private static async Task<bool> ThrowsAsync<TException>(Func<Task> call)
        where TException : Exception
    {
        try
        {
            await call();
            return false;
        }
        catch (TException)
        {
            return true;
        }
    }

    private Task<V1ConfigMap> CreateAsync(string name) => Api.CreateAsync(new V1ConfigMap
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default" },
        Data = new Dictionary<string, string> { ["value"] = name },
    });
}
