using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>
/// The store moves in the middle of a write, and by the time it is tried again somebody else has written: what the client is
/// told is what happened, or that it is not known (invariant I4).
/// </summary>
public sealed class UncertainWriteTests : IAsyncLifetime
{
    private const string Maps = "configmaps";

    private static readonly ControlPlaneOptions Options = new() { Store = new StoreOptions { ReadLease = TimeSpan.FromMilliseconds(100) } };

    private readonly ScriptedLog _log = new();
    private readonly FaultPointScript _faults = new(Maps);
    private TestSilo _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(_log, Options, faults: _faults);
        await Api.CreateAsync(Samples.MapModel("default", "a", "first"));
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Update_OverwrittenBeforeItIsTriedAgain_IsRecognisedAsDone()
    {
        var map = await Api.GetAsync<V1ConfigMap>("default", "a");
        _faults.OnceAfter(StoreStep.Commit, () => LoseWithASuccessorAsync("theirs"));
        map.Data["value"] = "ours";
        var updated = await Api.UpdateAsync(map);

        updated.Data["value"].ShouldBe("ours");
        (await ValuesAsync()).ShouldBe(["first", "ours", "theirs"]);
        (await Api.GetAsync<V1ConfigMap>("default", "a")).Data["value"].ShouldBe("theirs");
    }

    [Fact]
    public async Task Patch_OverwrittenBeforeItIsTriedAgain_IsNotAppliedTwice()
    {
        _faults.OnceAfter(StoreStep.Commit, () => LoseWithASuccessorAsync("theirs"));
        var patched = await Api.PatchAsync<V1ConfigMap>("default", "a", PatchType.MergePatch, """{"data":{"value":"ours"}}""");

        patched.Data["value"].ShouldBe("ours");
        (await ValuesAsync()).ShouldBe(["first", "ours", "theirs"]);
    }

    [Fact]
    public async Task Update_WhoseBaseSomebodyElseTook_IsAConflict()
    {
        var map = await Api.GetAsync<V1ConfigMap>("default", "a");
        _faults.OnceBefore(StoreStep.Commit, () => LoseWithASuccessorAsync("theirs"));
        map.Data["value"] = "ours";
        (await Should.ThrowAsync<ApiException>(Api.UpdateAsync(map))).Code.ShouldBe(409);
        (await ValuesAsync()).ShouldBe(["first", "theirs"]);
    }

    [Fact]
    public async Task Patch_WhoseBaseSomebodyElseTook_IsAppliedToTheirs()
    {
        _faults.OnceBefore(StoreStep.Commit, () => LoseWithASuccessorAsync("theirs"));
        await Api.PatchAsync<V1ConfigMap>("default", "a", PatchType.MergePatch, """{"data":{"value":"ours"}}""");
        (await ValuesAsync()).ShouldBe(["first", "theirs", "ours"]);
    }

    [Fact]
    public async Task Deletion_ThatMayBeAnybodys_IsNotClaimed()
    {
        _faults.OnceAfter(StoreStep.Commit, LoseAsync);
        (await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1ConfigMap>("default", "a"))).Code.ShouldBe(504);
        (await Api.FindAsync<V1ConfigMap>("default", "a")).ShouldBeNull();
    }

    [Fact]
    public async Task Creation_StillAsItWasMade_IsRecognisedAsDone()
    {
        _faults.OnceAfter(StoreStep.Commit, LoseAsync);
        var created = await Api.CreateAsync(Samples.MapModel("default", "b", "ours"));
        (await Api.GetAsync<V1ConfigMap>("default", "b")).Metadata.Uid.ShouldBe(created.Metadata.Uid);
    }

    [Fact]
    public async Task Creation_OverwrittenBeforeItIsTriedAgain_IsRecognisedAsDone()
    {
        _faults.OnceAfter(StoreStep.Commit, () => LoseWithASuccessorAsync("theirs", "b"));
        (await Api.CreateAsync(Samples.MapModel("default", "b", "ours"))).Data["value"].ShouldBe("ours");
        (await Api.GetAsync<V1ConfigMap>("default", "b")).Data["value"].ShouldBe("theirs");
    }

    [Fact]
    public async Task Creation_DeletedBeforeItIsTriedAgain_DoesNotComeBack()
    {
        _faults.OnceAfter(StoreStep.Commit, () => LoseWithASuccessorAsync(null, "b"));
        (await Api.CreateAsync(Samples.MapModel("default", "b", "ours"))).Data["value"].ShouldBe("ours");
        (await Api.FindAsync<V1ConfigMap>("default", "b")).ShouldBeNull();
    }

    [Fact]
    public async Task Client_ThatIsGone_IsWaitedForNoLonger()
    {
        var stop = _log.StopNext(Maps);
        using var gone = new CancellationTokenSource();
        var creating = Api.Objects.CreateAsync(Samples.Maps.Storage, "default", Samples.MapModel("default", "b"), ApiUser.Options, gone.Token);
        await stop.Arrived;
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(creating);
        stop.GoOn();
    }

    private static OutcomeUnknownException Lost() => new("an answer lost on purpose");

    /// <summary>A newer owner takes the shard over while the answer is lost.</summary>
    private Task LoseAsync()
    {
        _log.TakeOver(Maps);
        return Task.FromException(Lost());
    }

    /// <summary>The newer owner also writes.</summary>
    private async Task LoseWithASuccessorAsync(string? value, string name = "a")
    {
        var shard = new ShardId(Maps);
        var opening = await _log.OpenAsync(shard, Cancellation);
        var present = (await LastAsync(shard, name)).ShouldNotBeNull();
        var map = (V1ConfigMap)StoredObject.Read(Samples.Maps, present.Value).Decode();
        map.Data["value"] = value ?? map.Data["value"];
        var revision = opening.HeadRevision + 1;
        var change = new LogWrite(
            revision, value is null ? LogChangeType.Deleted : LogChangeType.Modified, "default", name, RevisionSplice.Set(Samples.Maps.Encode(map), revision), present.Revision);
        await _log.CommitAsync(shard, opening.Epoch, new LogCommit(opening.HeadRevision, revision, [change], TimeSpan.Zero), Cancellation);
        throw Lost();
    }

    private async Task<LogChange?> LastAsync(ShardId shard, string name) =>
        (await _log.ReadChangesAsync(shard, 0, int.MaxValue, long.MaxValue, Cancellation)).LastOrDefault(change => change.Name == name);

    private async Task<List<string>> ValuesAsync() =>
        [.. (await _log.ReadChangesAsync(new ShardId(Maps), 0, int.MaxValue, long.MaxValue, Cancellation)).Where(change => change.Name == "a")
            .Select(change => Samples.ValueOf(StoredObject.Read(Samples.Maps, change.Value)))];
}
