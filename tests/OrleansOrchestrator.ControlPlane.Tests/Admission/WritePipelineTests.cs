using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

public sealed class WritePipelineTests : IAsyncLifetime
{
    private const string Mark = "example.org/seen-by";

    private readonly TestAdmission _pure = new();
    private readonly TestAdmission _effects = new() { HasSideEffects = true };
    private readonly TestAdmission _slow = new() { Deadline = TimeSpan.FromSeconds(30) };
    private readonly TestAdmission _late = new() { Deadline = TimeSpan.FromMilliseconds(50) };
    private TestSilo _silo = null!;
    private string _space = null!;

    private ApiUser Api => _silo.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(new ScriptedLog(), plugins: [_pure, _effects, _slow, _late]);
        _space = await Api.NewNamespaceAsync();
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Admission_EveryKindOfRequest_IsSeenAsWhatItIs()
    {
        _pure.Concerns = request => request.User.Name == "tester" && (request.Key.Namespace == _space || request.Key.Name == _space);
        await Api.CreateAsync(PodSamples.Pod(_space, "a"));
        await Api.Objects.BindAsync(new(_space, "a"), null, "n1", ApiUser.Options, Cancellation);
        await Api.PatchAsync<V1Pod>(_space, "a", PatchType.MergePatch, """{"status":{"phase":"Running"}}""", "status");
        await Api.Objects.EvictAsync(
            new(_space, "a"), new V1Eviction { ApiVersion = "policy/v1", Kind = "Eviction" }, new DeletionOptions { GracePeriodSeconds = 0 }, ApiUser.Options, Cancellation);
        var controller = await Api.CreateAsync(PodSamples.Controller(_space, "rc", 0));
        controller.Spec.Replicas = 0;
        controller.Metadata.ResourceVersion = null;
        await Api.UpdateAsync(controller, "scale");
        await Client.CreateManyAsync(ApiUser.Of<V1ConfigMap>(), [Samples.MapModel(_space, "one"), Samples.MapModel(_space, "two")], ApiUser.Options);
        await Api.Objects.DeleteCollectionAsync(
            ApiUser.Of<V1ConfigMap>(), new ListQuery(new ObjectFilter(_space, Model.Selectors.LabelSelector.Everything, Model.Selectors.FieldSelector.Equal("metadata.name", "two")), Freshness.Latest),
            new DeletionOptions(), ApiUser.Options, Cancellation);
        var space = await Api.GetAsync<V1Namespace>("", _space);
        await Api.UpdateAsync(space, "finalize");

        string[] expected =
        [
            "Create pods: Pod over nothing",
            "Create pods/binding: Binding over nothing",
            "Update pods/status: Pod over Pod",
            "Create pods/eviction: Eviction over nothing",
            "Create replicationcontrollers: ReplicationController over nothing",
            "Update replicationcontrollers/scale: Scale over Scale",
            "Create configmaps: ConfigMap over nothing",
            "Delete configmaps: nothing over ConfigMap",
            "Update namespaces/finalize: Namespace over Namespace",
        ];

        // A try that lost a race is seen again.
        _pure.Mutated.Select(Describe).Distinct().ShouldBe(expected);
        _pure.Validated.Select(Describe).Distinct().ShouldBe(expected);
    }

    [Fact]
    public async Task Admission_BindingsOfTheScheduler_AreSeenToo()
    {
        _pure.Concerns = request => request.Subresource == "binding" && request.Key.Namespace == _space;
        var pod = PodSamples.Pod(_space, "a");
        pod.Spec.SchedulerName = "nobody";
        await Api.CreateAsync(pod);
        var stored = await Api.Objects.GetAsync(ApiUser.Of<V1Pod>(), new(_space, "a"), Freshness.Latest, Cancellation);

        (await Client.BindManyAsync([(stored, "n1", null)], WriteOptions.ControlPlane)).ShouldBe([null]);

        var binding = (V1Binding)_pure.Validated.ShouldHaveSingleItem().Object!;
        (binding.Metadata.Name, binding.Metadata.Uid, binding.Target.Name).ShouldBe(("a", stored.Uid, "n1"));
    }

    [Fact]
    public async Task Admission_RefusesABindingOrEviction_NothingChanges()
    {
        _pure.Concerns = request => request.Subresource is "binding" or "eviction";
        _pure.OnValidate = (request, _) => throw ApiErrors.Forbidden(request.Definition.Name, request.Key.Name, "not today");
        var pod = PodSamples.Pod(_space, "a");
        pod.Spec.SchedulerName = "nobody";
        await Api.CreateAsync(pod);

        (await Should.ThrowAsync<ApiException>(Api.Objects.BindAsync(new(_space, "a"), null, "n1", ApiUser.Options, Cancellation))).Code.ShouldBe(403);
        (await Should.ThrowAsync<ApiException>(Api.Objects.EvictAsync(
            new(_space, "a"), new V1Eviction(), new DeletionOptions(), ApiUser.Options, Cancellation))).Code.ShouldBe(403);

        (await Api.GetAsync<V1Pod>(_space, "a")).Spec.NodeName.ShouldBeNull();
    }

    [Fact]
    public async Task Mutation_OfAScale_ReachesTheObject()
    {
        await Api.CreateAsync(PodSamples.Controller(_space, "rc", 0));
        _pure.Concerns = request => request.Subresource == "scale";
        _pure.OnMutate = (request, _) =>
        {
            ((V1Scale)request.Object!).Spec.Replicas = 3;
            return ValueTask.FromResult(request);
        };
        var controller = await Api.GetAsync<V1ReplicationController>(_space, "rc");
        controller.Spec.Replicas = 1;
        controller.Metadata.ResourceVersion = null;

        (await Api.UpdateAsync(controller, "scale")).Spec.Replicas.ShouldBe(3);
    }

    [Fact]
    public async Task Mutation_OfWhatAStatusUpdateKeeps_LeavesThePresentObjectAlone()
    {
        var pod = PodSamples.Pod(_space, "a", app: "web");
        pod.Spec.SchedulerName = "nobody";
        await Api.CreateAsync(pod);
        var before = await Api.Objects.GetAsync(ApiUser.Of<V1Pod>(), new(_space, "a"), Freshness.Latest, Cancellation);
        _pure.Concerns = request => request.Subresource == "status";
        _pure.OnMutate = (request, _) =>
        {
            ((V1Pod)request.Object!).Metadata.Labels["added"] = "yes";
            return ValueTask.FromResult(request);
        };

        await Api.PatchAsync<V1Pod>(_space, "a", PatchType.MergePatch, """{"status":{"phase":"Running"}}""", "status");

        before.SharedModel<V1Pod>().Metadata.Labels.Keys.ShouldBe(["app"]);
    }

    [Fact]
    public async Task LostRace_RepeatsWhatJudges_AndAsksOnceWhatHasSideEffects()
    {
        await Api.CreateAsync(Samples.MapModel(_space, "a"));
        var isRaced = false;
        _pure.Concerns = _effects.Concerns = request => request is { Operation: AdmissionOperation.Update, Object: V1ConfigMap { Data: { } data } } && data.ContainsKey("mine");
        _pure.OnMutate = async (request, _) =>
        {
            if (!isRaced)
            {
                // Somebody else is faster, after this write has begun.
                isRaced = true;
                await Api.PatchAsync<V1ConfigMap>(_space, "a", PatchType.MergePatch, """{"data":{"theirs":"1"}}""");
            }

            return request;
        };
        var number = 0;
        _effects.OnMutate = (request, _) =>
        {
            var annotations = ((V1ConfigMap)request.Object!).Metadata.Annotations ??= new Dictionary<string, string>();
            annotations[Mark] = $"call {++number}";
            return ValueTask.FromResult(request);
        };

        var patched = await Api.PatchAsync<V1ConfigMap>(_space, "a", PatchType.MergePatch, """{"data":{"mine":"1"}}""");

        patched.Data.Keys.ShouldBe(["value", "theirs", "mine"], ignoreOrder: true);
        patched.Metadata.Annotations[Mark].ShouldBe("call 1");
        (_pure.Mutated.Count, _pure.Validated.Count).ShouldBe((2, 2), "a try that lost is made again on the newer version");
        _effects.Mutated.Count.ShouldBe(1, "its change is made again without asking");
        _effects.Validated.Count.ShouldBe(2, "the second object is another one than it has judged");
    }

    [Fact]
    public async Task NameThatIsTaken_JudgesTheObjectOfTheNextName_AndMutatesOnce()
    {
        _pure.Concerns = _effects.Concerns = request => request is { Operation: AdmissionOperation.Create, Object: V1ConfigMap { Metadata.GenerateName: "gen-" } };
        _pure.OnMutate = async (request, _) =>
        {
            await Api.CreateAsync(Samples.MapModel(_space, request.Key.Name));
            return request;
        };
        var map = Samples.MapModel(_space, "");
        map.Metadata.Name = null;
        map.Metadata.GenerateName = "gen-";

        var created = await Api.CreateAsync(map);

        (_pure.Mutated.Count, _effects.Mutated.Count).ShouldBe((1, 1));
        _pure.Validated.Select(request => request.Key.Name).Last().ShouldBe(created.Metadata.Name);
        _effects.Validated.Count.ShouldBe(2);
    }

    [Fact]
    public async Task DryRun_OfAPluginWithSideEffects_IsRefusedAndDoesNotAskIt()
    {
        _effects.Concerns = request => request.Object is V1ConfigMap;

        var refused = await Should.ThrowAsync<ApiException>(Api.CreateAsync(Samples.MapModel(_space, "a"), ApiUser.Options with { DryRun = true }));

        (refused.Code, refused.Message).ShouldBe((400, "admission plugin \"TestAdmission\" does not support dry run"));
        _effects.Mutated.ShouldBeEmpty();
    }

    [Fact]
    public async Task Admission_Slow_HoldsUpNothingElse()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _slow.Concerns = request => request.Object is V1ConfigMap map && map.Metadata.Name?.StartsWith("slow", StringComparison.Ordinal) == true;
        _slow.OnMutate = async (request, token) =>
        {
            await gate.Task.WaitAsync(token);
            return request;
        };
        _slow.OnValidate = async (_, token) => await gate.Task.WaitAsync(token);
        await Api.CreateAsync(Samples.MapModel(_space, "fast"));
        var slow = Enumerable.Range(0, 200).Select(i => Api.CreateAsync(Samples.MapModel(_space, $"slow-{i}"))).ToList();
        var bulk = Client.CreateManyAsync(ApiUser.Of<V1ConfigMap>(), [.. Enumerable.Range(0, 50).Select(i => Samples.MapModel(_space, $"slow-bulk-{i}"))], ApiUser.Options);

        // The same kind, the same namespace, the same store: creations, changes, deletions and reads go on.
        for (var i = 0; i < 50; i++)
        {
            await Api.CreateAsync(Samples.MapModel(_space, $"other-{i}"));
            await Api.PatchAsync<V1ConfigMap>(_space, "fast", PatchType.MergePatch, $$$"""{"data":{"n":"{{{i}}}"}}""");
            await Api.DeleteAsync<V1ConfigMap>(_space, $"other-{i}");
        }

        slow.ShouldAllBe(one => !one.IsCompleted);
        bulk.IsCompleted.ShouldBeFalse();
        (await Api.ListAsync<V1ConfigMap>(_space)).ShouldAllBe(map => !map.Metadata.Name.StartsWith("slow"));
        gate.SetResult();
        await Task.WhenAll(slow);
        (await bulk).ShouldAllBe(outcome => outcome.Refused == null);
        _slow.Mutated.Count.ShouldBe(250);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Admission_WithoutAnAnswer_IsGivenUpAtItsDeadline(bool listens)
    {
        _late.Concerns = request => request.Object is V1ConfigMap;
        _late.OnValidate = async (_, token) => await Task.Delay(Timeout.Infinite, listens ? token : Cancellation);

        var refused = await Should.ThrowAsync<ApiException>(Api.CreateAsync(Samples.MapModel(_space, "a")));

        (refused.Code, refused.Message).ShouldBe((500, "Internal error occurred: admission plugin \"TestAdmission\" did not answer within 0.05 s"));
        (await Api.FindAsync<V1ConfigMap>(_space, "a")).ShouldBeNull();
    }

    [Fact]
    public async Task ServiceAddress_ThatIsTaken_IsChosenAgainAndJudgedAgain()
    {
        _pure.Concerns = request => request is { Operation: AdmissionOperation.Create, Object: V1Service { Metadata.Name: "wants" } };
        var taken = "";
        _pure.OnMutate = async (request, _) =>
        {
            taken = ((V1Service)request.Object!).Spec.ClusterIP;
            await Api.CreateAsync(PodSamples.Service(_space, "takes", address: taken));
            return request;
        };

        var created = await Api.CreateAsync(PodSamples.Service(_space, "wants"));

        created.Spec.ClusterIP.ShouldNotBe(taken);
        _pure.Validated.Select(request => request.Choices.Lost.Count).ShouldBe([0, 1]);
        _pure.Mutated.Count.ShouldBe(1);
    }

    private ObjectClient Client => _silo.Services.GetRequiredService<ObjectClient>();

    private static string Describe(AdmissionRequest request)
    {
        var part = request.Subresource.Length == 0 ? "" : $"/{request.Subresource}";
        return $"{request.Operation} {request.Definition.Plural}{part}: {KindOf(request.Object)} over {KindOf(request.OldObject)}";
    }

    private static string KindOf(k8s.IKubernetesObject? obj) => obj is null ? "nothing" : obj.GetType().Name[2..];
}
