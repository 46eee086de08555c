using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class ObjectWritesTests(SharedSilo shared) : IAsyncLifetime
{
    private static readonly WriteOptions DryRun = ApiUser.Options with { DryRun = true };

    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Create_GivesAnIdentity_AndIsReadBackAsReturned()
    {
        var created = await Api.CreateAsync(Map("a", "1"));
        created.Metadata.Uid.ShouldNotBeNullOrEmpty();
        created.Metadata.CreationTimestamp.ShouldNotBeNull();
        long.Parse(created.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture).ShouldBePositive();
        (await Api.GetAsync<V1ConfigMap>(_space, "a")).ShouldBeEquivalentTo(created);
    }

    [Fact]
    public async Task Create_OfWhatExists_IsAConflict()
    {
        await Api.CreateAsync(Map("a"));
        var refused = await Should.ThrowAsync<ApiException>(Api.CreateAsync(Map("a")));
        (refused.Code, refused.Reason).ShouldBe((409, "AlreadyExists"));
    }

    [Fact]
    public async Task Create_ManyOfOneName_LetsExactlyOneWin()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => CodeOfAsync(Api.CreateAsync(Map("a", $"{i}")))));
        outcomes.Count(code => code == 200).ShouldBe(1);
        outcomes.Count(code => code == 409).ShouldBe(49);
    }

    [Fact]
    public async Task Create_WithAGeneratedName_NeverMeetsAnother()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Api.CreateAsync(new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { GenerateName = "gen-", NamespaceProperty = _space },
        })));
        created.Select(map => map.Metadata.Name).ShouldBeUnique();
        created.ShouldAllBe(map => map.Metadata.Name.StartsWith("gen-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Create_OfWhatIsInvalid_TellsEveryFault()
    {
        var refused = await Should.ThrowAsync<ApiException>(Api.CreateAsync(new V1ReplicationController
        {
            Metadata = new V1ObjectMeta { Name = "Not_A_Name", NamespaceProperty = _space },
            Spec = new V1ReplicationControllerSpec { Replicas = -1 },
        }));
        refused.Code.ShouldBe(422);
        refused.Status.Details.Causes.Select(cause => cause.Field).ShouldBeSubsetOf(["metadata.name", "spec.replicas", "spec.selector", "spec.template"]);
        refused.Status.Details.Causes.Count.ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task Create_ThenReadAtOnce_AlwaysFindsIt()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            var created = await Api.CreateAsync(Map($"m{i}"));
            (await Api.GetAsync<V1ConfigMap>(_space, $"m{i}")).Metadata.Uid.ShouldBe(created.Metadata.Uid);
        }));
    }

    [Fact]
    public async Task Update_BasedOnAnOldRevision_IsAConflict()
    {
        var first = await Api.CreateAsync(Map("a", "1"));
        var second = await Api.UpdateAsync(With(first, "2"));
        var refused = await Should.ThrowAsync<ApiException>(Api.UpdateAsync(With(first, "3")));
        (refused.Code, refused.Reason).ShouldBe((409, "Conflict"));
        (await Api.GetAsync<V1ConfigMap>(_space, "a")).Metadata.ResourceVersion.ShouldBe(second.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Update_ManyBasedOnOneRevision_LetsExactlyOneWin()
    {
        var created = await Api.CreateAsync(Map("a", "0"));
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 50).Select(i => CodeOfAsync(Api.UpdateAsync(With(created, $"{i}")))));
        outcomes.Count(code => code == 200).ShouldBe(1);
        outcomes.Count(code => code == 409).ShouldBe(49);
    }

    [Fact]
    public async Task Update_WithoutARevision_ReplacesTheNewest()
    {
        var created = await Api.CreateAsync(Map("a", "1"));
        var updated = await Api.UpdateAsync(Map("a", "2"));
        updated.Data["value"].ShouldBe("2");
        updated.Metadata.Uid.ShouldBe(created.Metadata.Uid);
        updated.Metadata.CreationTimestamp.ShouldBe(created.Metadata.CreationTimestamp);
    }

    [Fact]
    public async Task Update_ThatChangesNothing_KeepsTheRevision()
    {
        var created = await Api.CreateAsync(Map("a", "1"));
        (await Api.UpdateAsync(Map("a", "1"))).Metadata.ResourceVersion.ShouldBe(created.Metadata.ResourceVersion);
        (await Api.PatchAsync<V1ConfigMap>(_space, "a", PatchType.MergePatch, "{}")).Metadata.ResourceVersion.ShouldBe(created.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Update_OfWhatDoesNotExist_IsNotFoundOrCreatesItWhereTheKindSaysSo()
    {
        (await Should.ThrowAsync<ApiException>(Api.UpdateAsync(Map("missing")))).Code.ShouldBe(404);
        var lease = new V1Lease { Metadata = new V1ObjectMeta { Name = "new", NamespaceProperty = _space }, Spec = new V1LeaseSpec { HolderIdentity = "me" } };
        var (stored, created) = await Api.Objects.UpdateAsync(
            ApiUser.Ref<V1Lease>(_space, "new"), lease, ApiUser.Options, TestContext.Current.CancellationToken);
        created.ShouldBeTrue();
        stored.Uid.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Update_WithoutMetadata_IsTakenForTheNamedObjectOrRefused()
    {
        await Api.CreateAsync(Map("a", "1"));
        var code = await CodeOfAsync(Api.Objects.UpdateAsync(
            ApiUser.Ref<V1ConfigMap>(_space, "a"), new V1ConfigMap(), ApiUser.Options, TestContext.Current.CancellationToken));
        code.ShouldBeOneOf(200, 400, 422);
    }

    [Fact]
    public async Task ObjectWrites_DryRun_DoesEverythingButWrite()
    {
        (await Api.CreateAsync(Map("dry"), DryRun)).Metadata.Uid.ShouldNotBeNullOrEmpty();
        (await Api.FindAsync<V1ConfigMap>(_space, "dry")).ShouldBeNull();

        var created = await Api.CreateAsync(Map("a", "1"));
        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(Map("a"), DryRun))).Code.ShouldBe(409);
        (await Api.UpdateAsync(Map("a", "2"), options: DryRun)).Data["value"].ShouldBe("2");
        (await Api.DeleteAsync<V1ConfigMap>(_space, "a", options: DryRun)).IsGone.ShouldBeTrue();
        (await Api.GetAsync<V1ConfigMap>(_space, "a")).ShouldBeEquivalentTo(created);
    }

    [Fact]
    public async Task ObjectWrites_Status_IsWrittenThroughItsOwnDoorOnly()
    {
        var pod = await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        pod.Metadata.ResourceVersion = null;
        pod.Status = new V1PodStatus { Phase = "Running" };
        pod.Spec.Containers[0].Image = "changed";
        var updated = await Api.UpdateAsync(pod, "status");
        updated.Status.Phase.ShouldBe("Running");
        updated.Spec.Containers[0].Image.ShouldBe("image");

        updated.Metadata.ResourceVersion = null;
        updated.Status = new V1PodStatus { Phase = "Failed" };
        updated.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" };
        var again = await Api.UpdateAsync(updated);
        again.Status.Phase.ShouldBe("Running");
        again.Metadata.Labels["a"].ShouldBe("b");
    }

    [Fact]
    public async Task Revisions_OfOneResource_IncreaseInTheOrderOfAcknowledgement()
    {
        var last = 0L;
        for (var i = 0; i < 20; i++)
        {
            var created = await Api.CreateAsync(Map($"m{i}"));
            var revision = long.Parse(created.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture);
            revision.ShouldBeGreaterThan(last);
            last = revision;
        }
    }

    private static V1ConfigMap With(V1ConfigMap map, string value) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = map.Metadata.Name,
            NamespaceProperty = map.Metadata.NamespaceProperty,
            ResourceVersion = map.Metadata.ResourceVersion,
        },
        Data = new Dictionary<string, string> { ["value"] = value },
    };

    private static async Task<int> CodeOfAsync(Task write)
    {
        try
        {
            await write;
            return 200;
        }
        catch (ApiException refused)
        {
            return refused.Code;
        }
    }

    private V1ConfigMap Map(string name, string value = "") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space },
        Data = new Dictionary<string, string> { ["value"] = value },
    };
}
