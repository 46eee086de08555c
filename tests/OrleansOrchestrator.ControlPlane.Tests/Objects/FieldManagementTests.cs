using System.Text;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class FieldManagementTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Create_ByClientOrControlPlane_IsTrackedForTheClientOnly()
    {
        var tracked = await Api.CreateAsync(Map("tracked"), By("client"));
        var entry = tracked.Metadata.ManagedFields.ShouldHaveSingleItem();
        (entry.Manager, entry.Operation, entry.ApiVersion).ShouldBe(("client", "Update", "v1"));
        (await Api.CreateAsync(Map("untracked"), WriteOptions.ControlPlane)).Metadata.ManagedFields.ShouldBeNull();
    }

    [Fact]
    public async Task Update_ByControlPlane_KeepsOwnershipOfTrackedObjects()
    {
        var map = await Api.CreateAsync(Map("a"), By("client"));
        map.Data["x"] = "2";
        var updated = await Api.UpdateAsync(map, options: WriteOptions.ControlPlane);
        updated.Metadata.ManagedFields.Select(entry => entry.Manager).ShouldBe(["client", "orchestrator"], ignoreOrder: true);
    }

    [Fact]
    public async Task Create_OfService_GivesTheChosenAddressToNobody()
    {
        var service = await Api.CreateAsync(PodSamples.Service(_space, "s"), By("client"));
        service.Spec.ClusterIP.ShouldNotBeNullOrEmpty();
        var fields = service.Metadata.ManagedFields.ShouldHaveSingleItem().FieldsV1.ToString()!;
        fields.ShouldContain("f:selector");
        fields.ShouldNotContain("f:clusterIP");
    }

    [Fact]
    public async Task Apply_OfNewObjectTwice_CreatesItAndKeepsItsVersion()
    {
        var (created, isNew) = await ApplyAsync("a", """ "data":{"x":"1"} """);
        isNew.ShouldBeTrue();
        var (again, isNewAgain) = await ApplyAsync("a", """ "data":{"x":"1"} """);
        isNewAgain.ShouldBeFalse();
        again.Metadata.ResourceVersion.ShouldBe(created.Metadata.ResourceVersion);
        again.Metadata.ManagedFields.ShouldHaveSingleItem().Time.ShouldBe(created.Metadata.ManagedFields.ShouldHaveSingleItem().Time);
    }

    [Fact]
    public async Task Apply_OfQuantityInOtherWords_KeepsItsVersion()
    {
        const string Pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"schedulerName":"nobody","containers":[{"name":"c","image":"i","resources":{"limits":{"memory":"1024Mi"}}}]}}""";
        var first = await ApplyAsync<V1Pod>("p", Pod, By("me"));
        var second = await ApplyAsync<V1Pod>("p", Pod, By("me"));
        second.Object.Metadata.ResourceVersion.ShouldBe(first.Object.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Apply_WithUidOfMissingObject_IsAConflict()
    {
        var refused = await Should.ThrowAsync<ApiException>(ApplyAsync("gone", """ "data":{} """, """ "uid":"u1", """));
        refused.Code.ShouldBe(409);
        refused.Message.ShouldBe(
            "Operation cannot be fulfilled on configmaps \"gone\": uid mismatch: the provided object specified uid u1, and no existing object was found");
    }

    [Fact]
    public async Task Apply_WithVersion_MustBeThePresentOneOfWhatIsThere()
    {
        var (created, isNew) = await ApplyAsync("versioned", """ "data":{} """, """ "resourceVersion":"1", """);
        isNew.ShouldBeTrue();
        (await Should.ThrowAsync<ApiException>(ApplyAsync("versioned", """ "data":{"x":"1"} """, """ "resourceVersion":"1", """))).Code.ShouldBe(409);
        await ApplyAsync("versioned", """ "data":{"x":"1"} """, $""" "resourceVersion":"{created.Metadata.ResourceVersion}", """);
    }

    [Fact]
    public async Task Apply_OfStatusOfMissingObject_IsNotFound() =>
        (await Should.ThrowAsync<ApiException>(ApplyAsync<V1Pod>("missing", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"missing"},"status":{}}""", By("me"), subresource: "status")))
            .Code.ShouldBe(404);

    [Fact]
    public async Task Apply_OfStatus_ChangesStatusOnly()
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "p"), By("client"));
        var (pod, _) = await ApplyAsync<V1Pod>(
            "p", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},"status":{"conditions":[{"type":"x/y","status":"True"}]}}""", By("me"), subresource: "status");
        pod.Metadata.Labels.ShouldBeNull();
        pod.Status.Conditions.ShouldContain(condition => condition.Type == "x/y");
        var entry = pod.Metadata.ManagedFields.Single(entry => entry.Manager == "me");
        (entry.Operation, entry.Subresource).ShouldBe(("Apply", "status"));
        entry.FieldsV1.ToString().ShouldBe("""{"f:status":{"f:conditions":{"k:{\"type\":\"x/y\"}":{".":{},"f:status":{},"f:type":{}}}}}""");
    }

    [Fact]
    public async Task Apply_WithDryRun_ChangesNothing()
    {
        var (shown, isNew) = await ApplyAsync("dry", """ "data":{"x":"1"} """, options: By("me") with { DryRun = true });
        isNew.ShouldBeTrue();
        shown.Data["x"].ShouldBe("1");
        (await Api.FindAsync<V1ConfigMap>(_space, "dry")).ShouldBeNull();
    }

    [Theory]
    [InlineData(FieldValidation.Strict)]
    [InlineData(FieldValidation.Warn)]
    [InlineData(FieldValidation.Ignore)]
    public async Task Apply_OfFieldGivenTwice_IsRefusedOrWarnedOf(FieldValidation validation)
    {
        var warnings = new List<string>();
        // The gateway has read the configuration, which is YAML, and tells what it has met.
        const string Fault = "line 3: key \"data\" already set in map";
        var options = By("me") with { FieldValidation = validation, Warn = warnings.Add, YamlFaults = [Fault] };
        var apply = ApplyAsync("twice", """ "data":{"x":"2"} """, options: options);
        if (validation == FieldValidation.Strict)
            (await Should.ThrowAsync<ApiException>(apply)).Message.ShouldEndWith(Fault);
        else
            (await apply).Object.Data["x"].ShouldBe("2");
        warnings.Count.ShouldBe(validation == FieldValidation.Warn ? 1 : 0);
    }

    [Fact]
    public async Task Apply_UnderAnotherName_IsRefused() =>
        (await Should.ThrowAsync<ApiException>(ApplyAsync<V1ConfigMap>("a", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}""", By("me"))))
            .Message.ShouldBe("the name of the object (b) does not match the name on the URL (a)");

    [Fact]
    public async Task Apply_ByMany_MakesOneObject()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            ApplyAsync("raced", $$""" "data":{"x{{i}}":"1"} """, options: By($"m{i}"))));
        results.Count(result => result.Created).ShouldBe(1);
        var raced = await Api.GetAsync<V1ConfigMap>(_space, "raced");
        raced.Data.Count.ShouldBe(8);
        raced.Metadata.ManagedFields.Count.ShouldBe(8);
    }

    [Fact]
    public async Task Binding_OfTrackedPod_KeepsItsManagedFields()
    {
        var pod = await Api.CreateAsync(PodSamples.Pod(_space, "bound"), By("client"));
        await Api.Objects.BindAsync(new(_space, "bound"), null, "some-node", By("scheduler"), TestContext.Current.CancellationToken);
        // The scheduler may have told the pod's status by now, which is an entry of its own.
        (await Api.GetAsync<V1Pod>(_space, "bound")).Metadata.ManagedFields.Single(entry => entry.Manager == "client").FieldsV1
            .ShouldBe(pod.Metadata.ManagedFields.ShouldHaveSingleItem().FieldsV1);
    }

    private static WriteOptions By(string manager) => ApiUser.Options with { FieldManager = manager };

    private V1ConfigMap Map(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space },
        Data = new Dictionary<string, string> { ["x"] = "1" },
    };

    private Task<(V1ConfigMap Object, bool Created)> ApplyAsync(string name, string body, string metadata = "", WriteOptions? options = null) =>
        ApplyAsync<V1ConfigMap>(
            name, $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{{{metadata}}"name":"{{name}}"},{{body}}}""", options ?? By("me"));

    private async Task<(T Object, bool Created)> ApplyAsync<T>(string name, string configuration, WriteOptions options, string subresource = "")
        where T : class, KubeObject
    {
        var (stored, created) = await Api.Objects.ApplyAsync(
            ApiUser.Ref<T>(_space, name, subresource), Encoding.UTF8.GetBytes(configuration), force: false, options, TestContext.Current.CancellationToken);
        return ((T)stored.Decode(), created);
    }
}
