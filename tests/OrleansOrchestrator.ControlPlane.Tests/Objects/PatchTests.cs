using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class PatchTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync()
    {
        _space = await Api.NewNamespaceAsync();
        await Api.CreateAsync(new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = "a", NamespaceProperty = _space },
            Data = new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" },
        });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(PatchType.MergePatch, """{"data":{"x":null,"z":"3"}}""")]
    [InlineData(PatchType.StrategicMergePatch, """{"data":{"x":null,"z":"3"}}""")]
    [InlineData(PatchType.JsonPatch, """[{"op":"remove","path":"/data/x"},{"op":"add","path":"/data/z","value":"3"},{"op":"test","path":"/data/y","value":"2"}]""")]
    public async Task Patch_PatchOfAnyFormat_ChangesWhatItNamesOnly(PatchType type, string patch)
    {
        var patched = await Api.PatchAsync<V1ConfigMap>(_space, "a", type, patch);
        patched.Data.ShouldBe(new Dictionary<string, string> { ["y"] = "2", ["z"] = "3" }, ignoreOrder: true);
        (await Api.GetAsync<V1ConfigMap>(_space, "a")).ShouldBeEquivalentTo(patched);
    }

    [Fact]
    public async Task Patch_StrategicPatch_MergesListsByTheirKey()
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        var patched = await Api.PatchAsync<V1Pod>(
            _space, "p", PatchType.StrategicMergePatch, """{"spec":{"containers":[{"name":"c","image":"other"}]}}""");
        patched.Spec.Containers.ShouldHaveSingleItem().Image.ShouldBe("other");
    }

    [Theory]
    [InlineData(PatchType.MergePatch, """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""")]
    [InlineData(PatchType.StrategicMergePatch, """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""")]
    [InlineData(PatchType.StrategicMergePatch, """{"metadata":{"annotations":{"a":"b"},"labels":{"ignored":"yes"}},"status":{"$setElementOrder/conditions":[{"type":"Ready"}],"conditions":[{"type":"Ready","status":"True"}]}}""")]
    [InlineData(PatchType.MergePatch, """{"metadata":{"annotations":{"a":"b"}},"status":null}""")]
    public async Task Patch_OfAStatus_IsTheSameWhetherOrNotItNamesTheSpec(PatchType type, string patch)
    {
        // What names the spec is read as a whole; the spec cannot be changed through here in either case.
        var naming = patch[..^1] + ""","spec":{"nodeName":"ignored"}}""";
        foreach (var name in (string[])["one", "two"])
        {
            var pod = PodSamples.Pod(_space, name, app: "web", cpu: "100m");
            pod.Spec.SchedulerName = "nobody";
            // The volume with its token would have another name in each.
            pod.Spec.AutomountServiceAccountToken = false;
            await Api.CreateAsync(pod);
        }

        var one = await Api.PatchAsync<V1Pod>(_space, "one", type, patch, "status");
        var two = await Api.PatchAsync<V1Pod>(_space, "two", type, naming, "status");

        (one.Metadata.Labels.Keys, one.Spec.NodeName).ShouldBe((one.Metadata.Labels.Keys, null));
        one.Metadata.Labels.Keys.ShouldBe(["app"]);
        foreach (var pod in (V1Pod[])[one, two])
        {
            (pod.Metadata.Name, pod.Metadata.Uid, pod.Metadata.ResourceVersion, pod.Metadata.CreationTimestamp) = ("pod", null, null, null);
            foreach (var entry in pod.Metadata.ManagedFields)
                entry.Time = null;
        }

        two.ShouldBeEquivalentTo(one);
    }

    [Theory]
    [InlineData(PatchType.MergePatch, """{"status":{"phase":7}}""", 422)]
    [InlineData(PatchType.StrategicMergePatch, """{"spec":{"containers":"none"},"status":{}}""", 422)]
    [InlineData(PatchType.MergePatch, """{"kind":"Service","status":{}}""", 400)]
    [InlineData(PatchType.StrategicMergePatch, "[]", 400)]
    [InlineData(PatchType.MergePatch, """{"status":""", 400)]
    [InlineData(PatchType.MergePatch, """{"metadata":{"uid":"other"},"status":{}}""", 409)]
    public async Task Patch_OfAStatusThatIsNone_IsRefused(PatchType type, string patch, int code)
    {
        var pod = PodSamples.Pod(_space, "p");
        pod.Spec.SchedulerName = "nobody";
        await Api.CreateAsync(pod);

        var refused = await Should.ThrowAsync<ApiException>(Api.PatchAsync<V1Pod>(_space, "p", type, patch, "status"));

        refused.Code.ShouldBe(code);
        if (code == 422 && type == PatchType.MergePatch)
            refused.Message.ShouldContain("\\\"containers\\\"", Case.Sensitive, "the whole object is shown, whatever of it was read");
    }

    [Fact]
    public async Task Patch_InAnotherVersion_ReadsAndChangesTheObjectInThatVersion()
    {
        await Api.CreateAsync(new Corev1Event
        {
            Metadata = new V1ObjectMeta { Name = "e", NamespaceProperty = _space },
            InvolvedObject = new V1ObjectReference { NamespaceProperty = _space, Name = "web" },
            Message = "old",
        });
        var reference = ApiUser.Ref<Corev1Event>(_space, "e") with { ServedVersion = ApiUser.Of<Corev1Event>().Versions[1] };

        var patched = await Api.Objects.PatchAsync(
            reference, PatchType.JsonPatch,
            """[{"op":"test","path":"/apiVersion","value":"events.k8s.io/v1"},{"op":"add","path":"/series","value":{"count":2,"lastObservedTime":"2026-03-01T12:00:00.000000Z"}}]"""u8.ToArray(),
            ApiUser.Options, TestContext.Current.CancellationToken);
        var again = await Api.Objects.PatchAsync(
            reference, PatchType.MergePatch, """{"note":"old","series":{"count":2}}"""u8.ToArray(), ApiUser.Options, TestContext.Current.CancellationToken);

        patched.SharedModel<Corev1Event>().Series.Count.ShouldBe(2);
        again.Revision.ShouldBe(patched.Revision);
    }

    [Theory]
    [InlineData(PatchType.JsonPatch, """[{"op":"test","path":"/data/x","value":"no"}]""", 422)]
    [InlineData(PatchType.JsonPatch, """[{"op":"remove","path":"/data/missing"}]""", 422)]
    [InlineData(PatchType.JsonPatch, """{"not":"a list"}""", 400)]
    [InlineData(PatchType.MergePatch, """{"data":""", 400)]
    [InlineData(PatchType.MergePatch, """{"data":{"x":1}}""", 422)]
    [InlineData(PatchType.MergePatch, "null", 400)]
    [InlineData(PatchType.MergePatch, "[]", 400)]
    [InlineData(PatchType.MergePatch, """{"metadata":{"name":"other"}}""", 400)]
    [InlineData(PatchType.MergePatch, """{"metadata":{"resourceVersion":"1"}}""", 409)]
    public async Task APatchThatCannotBe_IsRefused_AndChangesNothing(PatchType type, string patch, int code)
    {
        var before = await Api.GetAsync<V1ConfigMap>(_space, "a");
        (await Should.ThrowAsync<ApiException>(Api.PatchAsync<V1ConfigMap>(_space, "a", type, patch))).Code.ShouldBe(code);
        (await Api.GetAsync<V1ConfigMap>(_space, "a")).ShouldBeEquivalentTo(before);
    }

    [Fact]
    public async Task Patch_ManyPatchesAtOnce_AllTakeEffect()
    {
        // Each is applied anew to what the others left; none is lost, and none is refused for the race.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            for (var j = 0; j < 5; j++)
                await Api.PatchAsync<V1ConfigMap>(_space, "a", PatchType.MergePatch, $$$"""{"data":{"k{{{i}}}-{{{j}}}":"v"}}""");
        }));
        (await Api.GetAsync<V1ConfigMap>(_space, "a")).Data.Count.ShouldBe(42);
    }

    [Fact]
    public async Task Patch_PatchOfWhatDoesNotExist_IsNotFound() =>
        (await Should.ThrowAsync<ApiException>(Api.PatchAsync<V1ConfigMap>(_space, "missing", PatchType.MergePatch, "{}"))).Code.ShouldBe(404);

    [Fact]
    public async Task Patch_PatchOfTheStatus_ChangesTheStatusOnly()
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        var patched = await Api.PatchAsync<V1Pod>(
            _space, "p", PatchType.MergePatch, """{"spec":{"nodeName":"sneaky"},"status":{"phase":"Running"}}""", "status");
        (patched.Status.Phase, patched.Spec.NodeName).ShouldBe(("Running", null));
    }
}
