using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class DeletionTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(null)]
    [InlineData(30L)]
    [InlineData(-1L)]
    public async Task Delete_OfWhatNobodyHolds_IsGoneAtOnce(long? grace)
    {
        await CreateAsync("a");
        (await Api.DeleteAsync<V1ConfigMap>(_space, "a", new DeletionOptions { GracePeriodSeconds = grace })).IsGone.ShouldBeTrue();
        (await Api.FindAsync<V1ConfigMap>(_space, "a")).ShouldBeNull();
        (await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1ConfigMap>(_space, "a"))).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Delete_WithFinalizers_OnlyMarksUntilTheLastOneIsRemoved()
    {
        await CreateAsync("a", finalizer: "example.com/hold");
        var result = await Api.DeleteAsync<V1ConfigMap>(_space, "a");
        result.IsGone.ShouldBeFalse();
        var held = await Api.GetAsync<V1ConfigMap>(_space, "a");
        held.Metadata.DeletionTimestamp.ShouldNotBeNull();

        var again = await Api.DeleteAsync<V1ConfigMap>(_space, "a");
        (again.IsGone, again.Object.Revision).ShouldBe((false, result.Object.Revision));
        (await Should.ThrowAsync<ApiException>(CreateAsync("a"))).Code.ShouldBe(409);

        held.Metadata.Finalizers = null;
        await Api.UpdateAsync(held);
        (await Api.FindAsync<V1ConfigMap>(_space, "a")).ShouldBeNull();
        await CreateAsync("a");
    }

    [Fact]
    public async Task Delete_ThatDoesNotSaySo_LeavesTheDependentsOfKindsThatDoThatByDefault()
    {
        await Api.CreateAsync(SuspendedJob("left"));
        await Api.CreateAsync(SuspendedJob("taken"));
        await Api.CreateAsync(SuspendedJob("asked", "foregroundDeletion", "example.com/hold"));

        // What the deletion answers: the collector may have done its part by the time that one reads again.
        Finalizers(await Api.DeleteAsync<V1Job>(_space, "left")).ShouldBe(["example.com/hold", "orphan"]);
        var background = new DeletionOptions { Propagation = DeletionPropagation.Background };
        Finalizers(await Api.DeleteAsync<V1Job>(_space, "taken", background)).ShouldBe(["example.com/hold"]);
        Finalizers(await Api.DeleteAsync<V1Job>(_space, "asked")).ShouldBe(["foregroundDeletion", "example.com/hold"]);

        static IList<string> Finalizers(DeletionResult result) => result.Object.SharedModel<V1Job>().Metadata.Finalizers;
    }

    [Fact]
    public async Task Deletion_Finalizer_CannotBeAddedToWhatIsBeingDeleted()
    {
        await CreateAsync("a", finalizer: "example.com/hold");
        await Api.DeleteAsync<V1ConfigMap>(_space, "a");
        (await Should.ThrowAsync<ApiException>(Api.PatchAsync<V1ConfigMap>(
            _space, "a", PatchType.MergePatch, """{"metadata":{"finalizers":["example.com/hold","example.com/more"]}}"""))).Code.ShouldBe(422);
    }

    [Fact]
    public async Task Delete_OfAPodOnANode_GivesItGraceAndZeroGraceEndsIt()
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "p", node: "far-away"));
        (await Api.DeleteAsync<V1Pod>(_space, "p")).IsGone.ShouldBeFalse();
        var dying = await Api.GetAsync<V1Pod>(_space, "p");
        dying.Metadata.DeletionGracePeriodSeconds.ShouldBe(30);
        (await Api.DeleteAsync<V1Pod>(_space, "p", new DeletionOptions { GracePeriodSeconds = 5 })).IsGone.ShouldBeFalse();
        (await Api.GetAsync<V1Pod>(_space, "p")).Metadata.DeletionGracePeriodSeconds.ShouldBe(5);
        (await Api.DeleteAsync<V1Pod>(_space, "p", new DeletionOptions { GracePeriodSeconds = 0 })).IsGone.ShouldBeTrue();
        (await Api.FindAsync<V1Pod>(_space, "p")).ShouldBeNull();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(30L)]
    public async Task Delete_OfAPodWithoutANode_IsGoneAtOnce(long? grace)
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        (await Api.DeleteAsync<V1Pod>(_space, "p", new DeletionOptions { GracePeriodSeconds = grace })).IsGone.ShouldBeTrue();
    }

    [Fact]
    public async Task Delete_WithAnotherUidOrRevision_IsAConflict()
    {
        var created = await CreateAsync("a");
        (await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1ConfigMap>(_space, "a", new DeletionOptions { Uid = "other" }))).Code.ShouldBe(409);
        (await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1ConfigMap>(_space, "a", new DeletionOptions { ResourceVersion = "1" }))).Code.ShouldBe(409);
        var right = new DeletionOptions { Uid = created.Metadata.Uid, ResourceVersion = created.Metadata.ResourceVersion };
        (await Api.DeleteAsync<V1ConfigMap>(_space, "a", right)).IsGone.ShouldBeTrue();
    }

    [Fact]
    public async Task Delete_ByManyAtOnce_SucceedsForExactlyOne()
    {
        await CreateAsync("a");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            try
            {
                return (await Api.DeleteAsync<V1ConfigMap>(_space, "a")).IsGone ? 200 : 0;
            }
            catch (ApiException refused)
            {
                return refused.Code;
            }
        }));
        outcomes.Count(code => code == 200).ShouldBe(1);
        outcomes.Count(code => code == 404).ShouldBe(29);
    }

    [Fact]
    public async Task Deletion_DeleteCollection_DeletesWhatMatchesAndNothingElse()
    {
        for (var i = 0; i < 6; i++)
            await CreateAsync($"m{i}", app: i % 2 == 0 ? "web" : "db");
        var filter = ObjectFilter.InNamespace(_space) with { Labels = LabelSelector.Parse("app=web") };
        await Api.Objects.DeleteCollectionAsync(
            ApiUser.Of<V1ConfigMap>(), new ListQuery(filter, Freshness.Latest), new DeletionOptions(), ApiUser.Options, TestContext.Current.CancellationToken);
        (await Api.ListAsync<V1ConfigMap>(_space)).Select(map => map.Metadata.Name).ShouldBe(["m1", "m3", "m5"]);
    }

    [Fact]
    public async Task AWatch_SeesADeletion_WithTheLastState()
    {
        await CreateAsync("a", app: "web");
        var filter = ObjectFilter.InNamespace(_space) with { Labels = LabelSelector.Parse("app=web") };
        var definition = ApiUser.Of<V1ConfigMap>();
        var page = await Api.Objects.ListAsync(definition, new ListQuery(filter, Freshness.Latest), TestContext.Current.CancellationToken);
        await Api.DeleteAsync<V1ConfigMap>(_space, "a");
        await foreach (var events in Api.Objects.WatchAsync(definition, new WatchQuery(filter, page.Revision, Freshness.Any), TestContext.Current.CancellationToken))
        {
            var deleted = events.ShouldHaveSingleItem();
            (deleted.Type, deleted.Object!.Key.Name, deleted.Object.IsDeleting).ShouldBe((WatchEventType.Deleted, "a", false));
            deleted.Revision.ShouldBeGreaterThan(page.Revision);
            break;
        }
    }

    [Theory]
    [InlineData(null, "Failed")]
    [InlineData("somewhere", "Pending")]
    public async Task Delete_OfAPodThatIsHeld_FailsItOnlyIfNoNodeCanSayThatItHasEnded(string? node, string phase)
    {
        var pod = PodSamples.Pod(_space, "a", node: node);
        (pod.Metadata.Finalizers, pod.Spec.SchedulerName) = (["example.com/hold"], "nobody");
        await Api.CreateAsync(pod);

        await Api.DeleteAsync<V1Pod>(_space, "a", new DeletionOptions { GracePeriodSeconds = 0 });

        (await Api.GetAsync<V1Pod>(_space, "a")).Status.Phase.ShouldBe(phase);
    }

    [Fact]
    public async Task Delete_ByWhoeverKnowsThatThePodHasEnded_FailsAlsoOneThatWasDeletedWithNoGracePeriod()
    {
        var pod = PodSamples.Pod(_space, "a", node: "somewhere");
        pod.Metadata.Finalizers = ["example.com/hold"];
        await Api.CreateAsync(pod);
        await Api.DeleteAsync<V1Pod>(_space, "a", new DeletionOptions { GracePeriodSeconds = 0 });

        await Api.DeleteAsync<V1Pod>(_space, "a", new DeletionOptions { GracePeriodSeconds = 0, FailsPod = true });

        (await Api.GetAsync<V1Pod>(_space, "a")).Status.Phase.ShouldBe("Failed");
    }

    private Task<V1ConfigMap> CreateAsync(string name, string? finalizer = null, string? app = null) => Api.CreateAsync(new V1ConfigMap
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = _space,
            Finalizers = finalizer is null ? null : [finalizer],
            Labels = app is null ? null : new Dictionary<string, string> { ["app"] = app },
        },
    });

    private V1Job SuspendedJob(string name, params string[] finalizers) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space, Finalizers = finalizers.Length > 0 ? finalizers : ["example.com/hold"] },
        Spec = new V1JobSpec
        {
            Suspend = true,
            Template = new V1PodTemplateSpec
            {
                Spec = new V1PodSpec { RestartPolicy = "Never", Containers = [new V1Container { Name = "c", Image = "example.org/c" }] },
            },
        },
    };
}
