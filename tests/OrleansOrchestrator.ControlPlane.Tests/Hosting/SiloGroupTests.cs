using k8s.Models;
using Orleans.TestingHost;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Selectors;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>Whatever silo is asked, and wherever the grain is: calls between silos carry everything.</summary>
public sealed class SiloGroupTests : IAsyncLifetime
{
    private SiloGroup _group = null!;

    private IReadOnlyList<InProcessSiloHandle> Silos => _group.Silos;

    public async ValueTask InitializeAsync() => _group = await SiloGroup.StartAsync();

    public ValueTask DisposeAsync() => _group.DisposeAsync();

    [Fact]
    public async Task Store_AskedFromEverySilo_AnswersTheSame()
    {
        foreach (var silo in Silos)
        {
            var grain = SiloGroup.Grain<IResourceStoreGrain>(silo, "configmaps");
            var name = "from-" + silo.Name.ToLowerInvariant();
            var created = (await grain.CommitAsync([Samples.Create(name, "1")])).ShouldHaveSingleItem();
            created.Status.ShouldBe(CommitStatus.Committed);
            var replaced = (await grain.CommitAsync([Samples.Replace(name, created.Object!.Revision, "2"), Samples.Create(name)])).ToList();
            replaced.Select(result => result.Status).ShouldBe([CommitStatus.Committed, CommitStatus.AlreadyExists]);
            var revision = replaced[0].Object!.Revision;
            var beside = 0;

            foreach (var other in Silos.Select(reader => SiloGroup.Grain<IResourceStoreGrain>(reader, "configmaps")))
            {
                Samples.ValueOf((await other.ReadForWriteAsync("default", name)).ShouldNotBeNull()).ShouldBe("2");
                (await other.ReadSettledAsync("default", name)).ShouldNotBeNull().Json.ToArray().ShouldBe(replaced[0].Object!.Json.ToArray());
                (await other.ReadForWriteAsync("default", "nobody")).ShouldBeNull();
                (await other.GetHeadAsync()).ShouldBe(revision);
                (await other.ReadSnapshotAsync("", "")).Objects.ShouldContain(obj => obj.Key.Name == name && obj.Revision == revision);
                var followed = await other.FollowAsync(created.Object!.Revision, Guid.NewGuid(), waits: true);
                var past = (await other.ReadChangesAsync(created.Object!.Revision)).Restored();
                foreach (var batch in new[] { followed, past })
                {
                    var change = batch.Changes.ShouldHaveSingleItem();
                    (change.Revision, batch.Head).ShouldBe((revision, revision));
                    Samples.ValueOf(change.Object).ShouldBe("2");
                }

                Samples.ValueOf(past.Changes[0].Previous.ShouldNotBeNull()).ShouldBe("1");
                if (followed.Changes[0].Previous is not null)
                    beside++;
            }

            beside.ShouldBe(1, "the object before a change does not leave the silo of its store");

            (await grain.CommitAsync([Samples.Delete(name, revision)])).ShouldHaveSingleItem().Object.ShouldNotBeNull().Revision.ShouldBeGreaterThan(revision);
        }
    }

    [Fact]
    public async Task Store_ThatCannotAnswer_SaysWhyToEverySilo()
    {
        await SiloGroup.ApiOf(Silos[0]).CreateAsync(Samples.MapModel("default", "a"));
        _group.Log.BeAway(true);
        foreach (var silo in Silos)
        {
            var grain = SiloGroup.Grain<IResourceStoreGrain>(silo, "secrets");

            // A store that is open answers for as long as its lease lasts.
            await Eventually.HoldsAsync(() => SaysAsync(grain, "the scripted database is away"));
        }

        _group.Log.BeAway(false);
    }

    [Fact]
    public async Task Patch_BackToWhatItsSiloStillKnows_IsMade()
    {
        // A write is acknowledged before every silo's copy has it, and the next one begins with such a copy.
        var apis = Silos.Select(SiloGroup.ApiOf).ToList();
        var revision = RevisionOf(await apis[0].CreateAsync(Samples.MapModel("default", "back", "0")));
        foreach (var api in apis)
            await api.GetAsync<V1ConfigMap>("default", "back");
        for (var i = 1; i <= 300; i++)
        {
            var patched = await apis[i % apis.Count].PatchAsync<V1ConfigMap>(
                "default", "back", PatchType.MergePatch, $$$"""{"data":{"value":"{{{i % 2}}}"}}""");
            RevisionOf(patched).ShouldBeGreaterThan(revision, $"patch {i}");
            revision = RevisionOf(patched);
            patched.Data["value"].ShouldBe($"{i % 2}");
        }

        static long RevisionOf(V1ConfigMap map) => long.Parse(map.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Deletion_OfASuccessorThatItsSiloDoesNotKnowYet_IsMade()
    {
        var apis = Silos.Select(SiloGroup.ApiOf).ToList();
        await apis[0].CreateAsync(Samples.MapModel("default", "again"));
        foreach (var api in apis)
            await api.GetAsync<V1ConfigMap>("default", "again");
        for (var i = 1; i <= 100; i++)
        {
            await apis[i % apis.Count].DeleteAsync<V1ConfigMap>("default", "again");
            await apis[i % apis.Count].CreateAsync(Samples.MapModel("default", "again"));
        }
    }

    [Fact]
    public async Task Api_OfEverySilo_ShowsWhatTheOthersWrote()
    {
        for (var i = 0; i < Silos.Count; i++)
        {
            var writer = SiloGroup.ApiOf(Silos[i]);
            var created = await writer.CreateAsync(Samples.MapModel("default", $"m{i}", "1"));
            await writer.PatchAsync<V1ConfigMap>("default", $"m{i}", PatchType.MergePatch, """{"data":{"value":"2"}}""");
            foreach (var reader in Silos.Select(SiloGroup.ApiOf))
            {
                var read = await reader.GetAsync<V1ConfigMap>("default", $"m{i}");
                (read.Metadata.Uid, read.Data["value"]).ShouldBe((created.Metadata.Uid, "2"));
            }
        }
    }

    [Fact]
    public async Task Namespace_DeletedOnOneSilo_TakesNothingNewOnAnother()
    {
        var apis = Silos.Select(SiloGroup.ApiOf).ToList();
        for (var i = 0; i < 30; i++)
        {
            var space = await apis[i % apis.Count].NewNamespaceAsync();
            foreach (var api in apis)
                await api.CreateAsync(Samples.MapModel(space, $"before-{apis.IndexOf(api)}"));
            await apis[i % apis.Count].DeleteAsync<V1Namespace>("", space);
            var refusals = await Task.WhenAll(apis.Select(api => Should.ThrowAsync<ApiException>(() => api.CreateAsync(Samples.MapModel(space, "late")))));
            refusals.ShouldAllBe(refused => refused.Code == 403 || refused.Code == 404);
        }
    }

    [Fact]
    public async Task List_ContinuedOnOtherSilosAndAfterItsStoreHasMoved_ShowsOneRevision()
    {
        var apis = Silos.Select(SiloGroup.ApiOf).ToList();
        for (var i = 0; i < 9; i++)
            await apis[0].CreateAsync(Samples.MapModel("default", $"m{i}", "0"));
        var first = await PageAsync(Silos[0], null);
        await apis[1].PatchAsync<V1ConfigMap>("default", "m4", PatchType.MergePatch, """{"data":{"value":"1"}}""");
        await apis[1].DeleteAsync<V1ConfigMap>("default", "m5");
        await apis[1].CreateAsync(Samples.MapModel("default", "m3x"));
        var second = await PageAsync(Silos[1], first.Continue);
        await _group.StopAsync(await _group.HostOfAsync(SiloGroup.Grain<IResourceStoreGrain>(Silos[0], "configmaps").GetGrainId()));
        await SiloGroup.ApiOf(Silos[^1]).DeleteAsync<V1ConfigMap>("default", "m7");
        var third = await PageAsync(Silos[^1], second.Continue);

        ObjectPage[] pages = [first, second, third];
        pages.Select(page => page.Revision).Distinct().Count().ShouldBe(1);
        pages.Select(page => page.RemainingCount).ShouldBe([6, 3, null]);
        pages.SelectMany(page => page.Objects).Select(map => map.Key.Name).ShouldBe(Enumerable.Range(0, 9).Select(i => $"m{i}"));
        Samples.ValueOf(second.Objects[1]).ShouldBe("0");

        static async Task<ObjectPage> PageAsync(InProcessSiloHandle silo, string? token) => await SiloGroup.ApiOf(silo).Objects.ListAsync(
            Samples.Maps, new ListQuery(ObjectFilter.InNamespace("default"), Freshness.Latest, 3, token), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Controllers_SpreadOverSilos_WorkTogether()
    {
        // With a dozen namespaces, indexes and reconcilers are on every silo, and most of their calls go from one to another.
        var spaces = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            var api = SiloGroup.ApiOf(Silos[i % Silos.Count]);
            spaces.Add(await api.NewNamespaceAsync());
            await api.CreateAsync(PodSamples.Controller(spaces[i], "web", 2));
            await api.CreateAsync(PodSamples.Service(spaces[i], "web"));
        }

        for (var i = 0; i < spaces.Count; i++)
        {
            var api = SiloGroup.ApiOf(Silos[(i + 1) % Silos.Count]);
            await api.UntilAsync<V1ReplicationController>(spaces[i], all => all is [{ Status.Replicas: 2 }]);
            await api.UntilAsync<V1Pod>(spaces[i], pods => pods.Count == 2, "app=web");
            foreach (var silo in Silos)
            {
                var selecting = await SiloGroup.Grain<ISelectorIndexGrain>(silo, spaces[i])
                    .FindSelectingAsync("replication-controller", 0, [LabelSet.From(new Dictionary<string, string> { ["app"] = "web" }), LabelSet.Empty], 0);
                selecting.ShouldBe([new ObjectKey(spaces[i], "web")]);
            }
        }
    }

    [Fact]
    public async Task Silo_StoppedInGoodOrder_LeavesItsStoresToTheOthers()
    {
        var api = SiloGroup.ApiOf(Silos[0]);
        await api.CreateAsync(Samples.MapModel("default", "before"));
        var host = await _group.HostOfAsync(SiloGroup.Grain<IResourceStoreGrain>(Silos[0], "configmaps").GetGrainId());
        var survivor = SiloGroup.ApiOf(Silos.First(silo => silo != host));
        var stopping = _group.StopAsync(host);
        for (var i = 0; i < 20; i++)
            await survivor.CreateAsync(Samples.MapModel("default", $"during-{i}"));
        await stopping;
        (await survivor.ListAsync<V1ConfigMap>("default")).Count.ShouldBe(21);
    }

    private static async Task<bool> SaysAsync(IResourceStoreGrain grain, string why)
    {
        try
        {
            await grain.GetHeadAsync();
            return false;
        }
        catch (StoreUnavailableException unavailable)
        {
            return unavailable.Message.Contains(why, StringComparison.Ordinal);
        }
    }
}
