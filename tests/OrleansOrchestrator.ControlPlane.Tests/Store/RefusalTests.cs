using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>"It exists", "it is gone" and "it has changed" show a write to whoever is told: so they are told once it is durable (invariant I1).</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private const string Maps = "configmaps";

    private static readonly ControlPlaneOptions Options = new()
    {
        Store = new StoreOptions { ReadLease = TimeSpan.FromSeconds(30), UnavailableGrace = TimeSpan.FromMilliseconds(200), CommitTimeout = TimeSpan.FromSeconds(30) },
    };

    private readonly ScriptedLog _log = new();
    private TestSilo _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IResourceStoreGrain Grain => _silo.StoreGrain(Maps);

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(_log, Options);

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Refusal_RestingOnAWriteOnItsWay_IsToldOnceThatIsDurable()
    {
        var stop = _log.StopNext(Maps);
        var creating = Grain.CommitAsync([Samples.Create("a")]);
        await stop.Arrived;
        var again = Grain.CommitAsync([Samples.Create("a")]);
        var replacing = Grain.CommitAsync([Samples.Replace("a", 1)]);
        var reading = Grain.ReadSettledAsync("default", "a");
        await Grain.ReadForWriteAsync("default", "a");
        (again.IsCompleted || replacing.IsCompleted || reading.IsCompleted).ShouldBeFalse();

        stop.GoOn();
        (await creating).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.Committed);
        (await again).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.AlreadyExists);
        (await replacing).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.Conflict);
        (await reading).ShouldNotBeNull();
    }

    [Fact]
    public async Task Refusal_RestingOnAWriteThatIsTakenBack_IsNotTold()
    {
        await Grain.CommitAsync([Samples.Create("b")]);
        var deletable = (await Grain.ReadForWriteAsync("default", "b")).ShouldNotBeNull();
        var stop = _log.StopNext(Maps);
        var writing = Grain.CommitAsync([Samples.Create("a"), Samples.Delete("b", deletable.Revision)]);
        await stop.Arrived;
        var creating = Grain.CommitAsync([Samples.Create("a")]);
        var replacing = Grain.CommitAsync([Samples.Replace("b", deletable.Revision)]);
        var reading = Grain.ReadSettledAsync("default", "b");
        _log.BeAway(true);
        stop.GoOn();
        (await writing).ShouldAllBe(result => result.Status == CommitStatus.DatabaseAway);
        (await creating).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.DatabaseAway);
        (await replacing).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.DatabaseAway);
        await Should.ThrowAsync<StoreUnavailableException>(reading);
        _log.BeAway(false);
    }

    [Fact]
    public async Task Client_AskingForWhatIsBeingDeleted_IsToldOnceTheDeletionIsDurable()
    {
        var map = await _silo.Api.CreateAsync(Samples.MapModel("default", "a", "1"));
        var stop = _log.StopNext(Maps);
        var deleting = _silo.Api.DeleteAsync<V1ConfigMap>("default", "a");
        await stop.Arrived;
        map.Data["value"] = "2";
        Task[] refused =
        [
            _silo.Api.PatchAsync<V1ConfigMap>("default", "a", PatchType.MergePatch, """{"data":{"value":"2"}}"""),
            _silo.Api.UpdateAsync(map),
            _silo.Api.DeleteAsync<V1ConfigMap>("default", "a"),
        ];
        for (var i = 0; i < 20; i++)
            await Grain.ReadForWriteAsync("default", "a");
        refused.ShouldAllBe(task => !task.IsCompleted);

        stop.GoOn();
        await deleting;
        foreach (var task in refused)
            (await Should.ThrowAsync<ApiException>(task)).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Update_AtARevisionThatWasTakenBack_IsAConflictAndChangesNothing()
    {
        var map = await _silo.Api.CreateAsync(Samples.MapModel("default", "a", "1"));
        var stop = _log.StopNext(Maps);
        var patching = Grain.CommitAsync([Samples.Replace("a", long.Parse(map.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture), "2")]);
        await stop.Arrived;
        var pending = (await Grain.ReadForWriteAsync("default", "a")).ShouldNotBeNull();
        map.Metadata.ResourceVersion = pending.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        map.Data["value"] = "3";
        _log.BeAway(true);
        var updating = _silo.Api.UpdateAsync(map);
        stop.GoOn();
        (await patching).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.DatabaseAway);
        _log.BeAway(false);
        (await Should.ThrowAsync<ApiException>(updating)).Code.ShouldBeOneOf(409, 503);
        (await _silo.Api.GetAsync<V1ConfigMap>("default", "a")).Data["value"].ShouldBe("1");
    }

    [Fact]
    public async Task List_OfWhatNeverWas_HasARevisionThatAWatchCanBeginAfter()
    {
        var definition = ApiUser.Of<V1Secret>();
        var list = await _silo.Api.Objects.ListAsync(definition, new ListQuery(ObjectFilter.All, Freshness.Latest), Cancellation);
        list.Revision.ShouldBeGreaterThan(0);
        await _silo.Api.CreateAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = "s", NamespaceProperty = "default" } });
        await foreach (var events in _silo.Api.Objects.WatchAsync(definition, new WatchQuery(ObjectFilter.All, list.Revision, Freshness.Any), Cancellation))
        {
            events[0].Object.ShouldNotBeNull().Key.Name.ShouldBe("s");
            break;
        }
    }

    [Fact]
    public async Task Watch_OnASiloThatStops_EndsLikeOneWhoseTimeIsOver()
    {
        var query = new WatchQuery(ObjectFilter.All, null, Freshness.Latest);
        await using var events = _silo.Api.Objects.WatchAsync(Samples.Maps, query, Cancellation).GetAsyncEnumerator(Cancellation);
        (await events.MoveNextAsync()).ShouldBeTrue();
        var next = events.MoveNextAsync().AsTask();
        await _silo.Caches.StopAsync(Cancellation);
        (await next).ShouldBeFalse();
        (await Should.ThrowAsync<ApiException>(async () => await _silo.Caches[Samples.Maps].WatchAsync(query, Cancellation))).Code.ShouldBe(503);
    }
}
